"""The terminal: opens a card, reads it, or hands bytes through to a server."""
