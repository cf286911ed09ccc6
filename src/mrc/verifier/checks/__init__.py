"""What the verifier checks of an answer, in the order of OpenID4VP 1.0, 8.6."""
