"""OpenID for Verifiable Credential Issuance 1.0, both directions."""
