"""The people behind the counter: who they are, how they sign in, and what needs two of them."""
