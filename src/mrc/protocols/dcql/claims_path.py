"""Applying a claims path pointer to a credential.

OpenID4VP 1.0, section 7. The result names every selected claim by its own path without nulls,
so that a wallet knows which disclosures to send and a verifier which claims were asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mrc.protocols.dcql.query import ClaimPath

ConcretePath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedClaim:
    """One claim that a pointer selects, with the path on which it stands."""

    path: ConcretePath
    value: object


def select_claims(root: Mapping[str, object], pointer: ClaimPath) -> tuple[SelectedClaim, ...]:
    """The claims that `pointer` selects; empty where 7.1.1 says to abort with an error.

    For an mdoc `root` maps a namespace to its elements, which gives 7.2.1 the same result.
    """
    selected = [SelectedClaim(path=(), value=root)]
    for component in pointer:
        following: list[SelectedClaim] = []
        for claim in selected:
            step = _step(claim, component)
            if step is None:  # 2.1-2.3: not an object, or not an array: abort
                return ()
            following.extend(step)
        selected = following
    return tuple(selected)  # 3: an empty selection is the error


def _step(claim: SelectedClaim, component: str | int | None) -> list[SelectedClaim] | None:
    value = claim.value
    if isinstance(component, str):
        if not isinstance(value, Mapping):
            return None
        return [_below(claim, component, value[component])] if component in value else []
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        return None
    if component is None:
        return [_below(claim, index, element) for index, element in enumerate(value)]
    return [_below(claim, component, value[component])] if component < len(value) else []


def _below(claim: SelectedClaim, step: str | int, value: object) -> SelectedClaim:
    return SelectedClaim(path=(*claim.path, step), value=value)
