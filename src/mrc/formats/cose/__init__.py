"""COSE (RFC 9052, RFC 9053): single signatures, MACs and keys."""
