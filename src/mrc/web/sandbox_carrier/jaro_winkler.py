"""Jaro-Winkler similarity, the score that KYC Match 0.4.0 names: 0 to 100.

W. E. Winkler, "String Comparator Metrics and Enhanced Decision Rules" (1990): prefix scale 0.1,
at most four letters of common prefix.
"""

PREFIX_SCALE = 0.1
LONGEST_PREFIX = 4


def score(left: str, right: str) -> int:
    similarity = _jaro(left, right)
    prefix = 0
    for a, b in zip(left[:LONGEST_PREFIX], right[:LONGEST_PREFIX], strict=False):
        if a != b:
            break
        prefix += 1
    return round(100 * (similarity + prefix * PREFIX_SCALE * (1 - similarity)))


def _jaro(left: str, right: str) -> float:
    if left == right:
        return 1.0
    window = max(0, max(len(left), len(right)) // 2 - 1)
    taken = [False] * len(right)
    from_left: list[str] = []
    for index, letter in enumerate(left):
        for other in range(max(0, index - window), min(len(right), index + window + 1)):
            if not taken[other] and right[other] == letter:
                taken[other] = True
                from_left.append(letter)
                break
    if not from_left:
        return 0.0
    from_right = [letter for letter, used in zip(right, taken, strict=True) if used]
    swapped = sum(a != b for a, b in zip(from_left, from_right, strict=True)) / 2
    common = len(from_left)
    return (common / len(left) + common / len(right) + (common - swapped) / common) / 3
