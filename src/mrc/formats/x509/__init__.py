"""X.509 certificates (RFC 5280): a restricted profile, one set of checks."""
