"""Signing in at a service with the card: the record of one attempt, from its start to its end."""
