"""Chip authentication driven by the server, with the phone as a pipe."""
