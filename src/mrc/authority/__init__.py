"""The immigration authority: what the front desk and the loss desk do with register and issuer."""
