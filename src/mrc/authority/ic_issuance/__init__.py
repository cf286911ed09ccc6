"""Issuance by IC card: the steps behind the challenge endpoint, and the register of chip cards."""
