"""How the tolerant carrier compares names: by the matcher, whose verdict "near" is a no.

The question's family and given names tell how its whole name divides; without them only equal
letters match.
"""

from mrc.kernel.errors import Malformed
from mrc.registry.name_matching.korean import bare_hangul, has_hangul
from mrc.registry.name_matching.matching import Verdict, compare
from mrc.registry.names import PersonName, search_key


def same_name(asked: str, kept: str, family: str | None, given: str | None) -> bool:
    """Whether `asked` is the name on file; `family` and `given` are those of the question."""
    if has_hangul(asked):
        return has_hangul(kept) and bare_hangul(asked) == bare_hangul(kept)
    if search_key(asked) == search_key(kept):
        return True
    try:
        name = PersonName(family=family or "", given=given or "")
    except Malformed:
        return False
    return compare(name, kept).verdict is Verdict.SAME
