"""Import: lines in, entries committed in batches, every bad line reported and left out.

A re-run is harmless: an entry that says the same changes nothing and records no act; one that
says something else is a correction, with an act of its own. Memory holds one batch and the
numbers seen, never the file.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Protocol

from mrc.kernel.errors import Forbidden, Malformed
from mrc.kernel.ports import Entropy
from mrc.registry.acts import Act, ActKind
from mrc.registry.entries import BadEntry, Entry, FieldError, Fields, decode_entry
from mrc.registry.numbers import CheckDigits
from mrc.registry.people import Portrait, Registrant, RegistrantId, changed_fields
from mrc.registry.store import Change, RegistryStore

BATCH = 250  # lines per transaction: few enough to hold with their portraits, enough for speed
_ID_BYTES = 10  # of a fresh entry id: 80 bits never collide


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPortrait:
    """A picture that passed the portrait check."""

    portrait: Portrait
    jpeg: bytes


class PortraitSource(Protocol):
    def get(self, name: str) -> CheckedPortrait:
        """The checked portrait of that name. Raises `Malformed` where there is none, or no JPEG."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: its number, and its fields or why it has none."""

    number: int
    fields: Fields | None
    error: str = ""


class Result(StrEnum):
    ENTERED = "entered"
    CORRECTED = "corrected"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineResult:
    """What became of one line; `errors` only where it was refused."""

    line: int
    result: Result
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Everything an import needs besides its lines."""

    store: RegistryStore
    portraits: PortraitSource
    entropy: Entropy
    check_digits: CheckDigits
    actor: str
    reason: str
    at: datetime


async def import_lines(order: Import, lines: Iterable[Line]) -> AsyncIterator[LineResult]:
    """Import every line and tell what became of it, after its batch is committed."""
    seen: set[int] = set()
    source = iter(lines)
    while batch := list(islice(source, BATCH)):
        for result in await _import_batch(order, batch, seen):
            yield result


@dataclass(frozen=True, slots=True)
class _Candidate:
    line: int
    entry: Entry
    picture: CheckedPortrait | None


async def _import_batch(order: Import, batch: list[Line], seen: set[int]) -> list[LineResult]:
    results: list[LineResult] = []
    candidates: list[_Candidate] = []
    for line in batch:
        try:
            candidates.append(_candidate(order, line, seen))
        except BadEntry as error:
            results.append(_refused(line.number, error.errors))
    try:
        results += await _commit(order, candidates)
    except Forbidden:  # somebody else wrote one of them meanwhile, or an id is taken: one by one
        for candidate in candidates:
            results += await _commit_one(order, candidate)
    return sorted(results, key=lambda result: result.line)


def _candidate(order: Import, line: Line, seen: set[int]) -> _Candidate:
    if line.fields is None:
        raise BadEntry(FieldError(field="line", reason=line.error))
    fresh_id = RegistrantId(order.entropy.token(_ID_BYTES).hex())
    entry = decode_entry(line.fields, fresh_id=fresh_id, check_digits=order.check_digits)
    number = int(entry.registrant.number.digits)
    if number in seen:
        raise BadEntry(FieldError(field="number", reason="given twice in this import"))
    picture = None
    if entry.portrait:
        try:
            picture = order.portraits.get(entry.portrait)
        except Malformed as error:
            raise BadEntry(FieldError(field="portrait", reason=error.detail)) from error
        entry = replace(entry, registrant=replace(entry.registrant, portrait=picture.portrait))
    seen.add(number)
    return _Candidate(line.number, entry, picture)


async def _commit_one(order: Import, candidate: _Candidate) -> list[LineResult]:
    try:
        return await _commit(order, [candidate])
    except Forbidden as error:
        wrong = FieldError(field="id", reason=str(error.reason.value))
        return [_refused(candidate.line, (wrong,))]


async def _commit(order: Import, candidates: list[_Candidate]) -> list[LineResult]:
    numbers = [candidate.entry.registrant.number for candidate in candidates]
    known = await order.store.find_by_numbers(numbers) if numbers else {}
    changes: list[Change] = []
    results: list[LineResult] = []
    for candidate in candidates:
        before = known.get(candidate.entry.registrant.number.digits)
        if before and candidate.entry.named and before.id != candidate.entry.registrant.id:
            wrong = FieldError(field="id", reason="the number is registered under another id")
            results.append(_refused(candidate.line, (wrong,)))
            continue
        change = _change(order, candidate, before)
        result = Result.UNCHANGED
        if change is not None:
            changes.append(change)
            result = Result.ENTERED if change.new else Result.CORRECTED
        results.append(LineResult(line=candidate.line, result=result))
    if changes:
        await order.store.commit(changes)
    return results


def _change(order: Import, candidate: _Candidate, before: Registrant | None) -> Change | None:
    said = candidate.entry.registrant
    jpeg = candidate.picture.jpeg if candidate.picture else None
    if before is None:
        act = _act(order, said.id, ActKind.ENTERED, ())
        return Change(registrant=said, act=act, new=True, jpeg=jpeg)
    after = _merged(before, said)
    fields = changed_fields(before, after)
    if not fields:
        return None
    act = _act(order, before.id, ActKind.CORRECTED, fields)
    return Change(
        registrant=replace(after, version=before.version + 1),
        act=act,
        jpeg=jpeg if "portrait" in fields else None,
    )


def _merged(before: Registrant, said: Registrant) -> Registrant:
    """What the line says. History stays, and so does what the line does not mention."""
    new = [address for address in said.addresses if address not in before.addresses]
    return replace(
        said,
        id=before.id,
        portrait=said.portrait or before.portrait,
        phones=said.phones or before.phones,
        cards=said.cards or before.cards,
        addresses=tuple(sorted([*before.addresses, *new], key=lambda item: item.since)),
    )


def _act(order: Import, registrant: RegistrantId, kind: ActKind, fields: tuple[str, ...]) -> Act:
    return Act(
        registrant=registrant,
        kind=kind,
        actor=order.actor,
        reason=order.reason,
        at=order.at,
        changed=fields,
    )


def _refused(line: int, errors: tuple[FieldError, ...]) -> LineResult:
    return LineResult(line=line, result=Result.REFUSED, errors=errors)
