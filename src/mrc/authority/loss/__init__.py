"""Loss: who may say that a phone is lost, and how its cards are locked at once."""
