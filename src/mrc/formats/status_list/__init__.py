"""Token Status List (draft-ietf-oauth-status-list): lists, tokens as JWT and CWT, aggregation."""
