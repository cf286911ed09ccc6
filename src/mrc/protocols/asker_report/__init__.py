"""A holder's word about somebody who asked for data."""
