"""Every component in every state, for looking at and for the browser tests."""
