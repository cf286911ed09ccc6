"""The mobile residence card system: register, issuer, wallet, verifier, chip card and ledger."""
