"""OpenID for Verifiable Presentations 1.0: both directions of its messages, sans I/O."""
