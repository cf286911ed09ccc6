"""The verifier over HTTP: a management API for askers, and OpenID4VP's endpoints for wallets."""
