"""Reporting a phone lost: the emergency lock code, and who tells whom. Our own protocol."""
