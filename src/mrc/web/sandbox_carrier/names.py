"""How the tolerant carrier compares names: without case, diacritics and punctuation."""

from mrc.registry.names import search_key


def same_name(asked: str, kept: str) -> bool:
    return search_key(asked) == search_key(kept)
