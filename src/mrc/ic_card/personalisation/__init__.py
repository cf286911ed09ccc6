"""Personalising a blank card, from the order to the active card."""
