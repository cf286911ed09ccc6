"""JSON Object Signing and Encryption (RFC 7515, 7516, 7517, 7518, 7519, 7638), the part we use."""
