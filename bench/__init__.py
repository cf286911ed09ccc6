"""Figures of this system, as multiples of the raw primitive of the same run. `make bench` prints them."""
