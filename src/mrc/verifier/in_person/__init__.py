"""Checking a card in person: the questions, the answers, the record of a check, and plastic cards."""
