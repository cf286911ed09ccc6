"""Symmetric ciphers of ICAO Doc 9303-11, pure Python behind a port."""
