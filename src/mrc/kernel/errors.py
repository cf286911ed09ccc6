"""The four ways in which something goes wrong, under one root.

Our own mistakes are `ValueError` or `assert_never` and are never caught. No error knows HTTP:
`web/problems.py` alone maps errors to protocol codes. Messages name the check, what was expected
and what came; they never carry personal data or secrets.
"""

from enum import StrEnum


class MrcError(Exception):
    """Root of every error that a caller is expected to handle."""


class Malformed(MrcError):
    """The input does not decode. `what` names the structure that was expected."""

    def __init__(self, what: str, detail: str = "") -> None:
        super().__init__(f"{what}: {detail}" if detail else what)
        self.what = what
        self.detail = detail


class Rejected(MrcError):
    """The input decodes and fails a check.

    `reason` is a member of the reason enum of the room that made the check, `clause` the
    standard's clause that demands it, `detail` what was expected and what came.
    """

    def __init__(self, reason: StrEnum, clause: str, detail: str = "") -> None:
        super().__init__(f"{reason.value} ({clause})" + (f": {detail}" if detail else ""))
        self.reason = reason
        self.clause = clause
        self.detail = detail


class Forbidden(MrcError):
    """The rules of residence, or of an office, say no. `reason` is the rule's reason code."""

    def __init__(self, reason: StrEnum, detail: str = "") -> None:
        super().__init__(f"{reason.value}" + (f": {detail}" if detail else ""))
        self.reason = reason
        self.detail = detail


class Unavailable(MrcError):
    """Something outside did not answer: nothing is known, and nothing may be concluded from it."""

    def __init__(self, what: str, detail: str = "") -> None:
        super().__init__(f"{what}: {detail}" if detail else what)
        self.what = what
        self.detail = detail
