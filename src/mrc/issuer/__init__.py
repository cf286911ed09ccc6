"""The card issuer's use cases: offers, tokens, credentials, status. No I/O and no clock."""
