"""The carrier's APIs as the authority uses them."""
