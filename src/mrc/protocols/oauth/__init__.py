"""OAuth 2.0 as the card needs it: RFC 6749 with PKCE, DPoP, PAR and client attestation."""
