"""The origin that hands the wallet to a phone's browser; it never sees a card, a key or a claim."""
