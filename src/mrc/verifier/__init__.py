"""The verifier: asks for cards, checks what is shown, and says what it found."""
