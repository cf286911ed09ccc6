"""The immigration register: people, their residence, and what the rules say about them.

Only the authority's own side imports this room; wallet and verifier never do.
"""
