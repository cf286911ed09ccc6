"""Any SD-JWT is processed or refused; every claim tree survives; a selection shows no more."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mrc.formats import base64url
from mrc.formats.jose import jws
from mrc.formats.sd_jwt_vc.claims import Disclosable
from mrc.formats.sd_jwt_vc.disclosure import digest
from mrc.formats.sd_jwt_vc.issuing import SdJwtVcInput, prepare
from mrc.formats.sd_jwt_vc.presenting import select
from mrc.formats.sd_jwt_vc.sd_jwt import decode, process
from mrc.infra.keys.software import SystemEntropy
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm

NAMES = st.text(min_size=1, max_size=4).filter(lambda name: name not in ("_sd", "..."))
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner | inner.map(Disclosable), max_size=3)
        | st.dictionaries(NAMES, inner | inner.map(Disclosable), max_size=3)
    ),
    max_leaves=10,
)
TOP = st.dictionaries(
    NAMES.map(lambda name: f"x{name}"), TREES | TREES.map(Disclosable), max_size=5
)


def shown(node: Any, *, hidden: bool = False) -> Any:
    """The tree with everything disclosed, or with nothing disclosable."""
    match node:
        case Disclosable(value):
            return shown(value, hidden=hidden)
        case dict():
            return {
                name: shown(value, hidden=hidden)
                for name, value in node.items()
                if not (hidden and isinstance(value, Disclosable))
            }
        case list():
            return [
                shown(value, hidden=hidden)
                for value in node
                if not (hidden and isinstance(value, Disclosable))
            ]
    return node


@given(TOP, st.integers(0, 3))
def test_every_tree_survives_and_nothing_is_shown_unasked(
    tree: dict[str, Any], decoys: int
) -> None:
    source = SdJwtVcInput(
        vct="v", claims=tree, holder_key=None, status=None, expires_at=None, x5c=(), decoys=decoys
    )
    prepared = prepare(source, algorithm=Algorithm.ES256, entropy=SystemEntropy())
    issued = decode(prepared.finish(bytes(64)))
    assert process(issued).claims == {"vct": "v"} | shown(tree)
    nothing = process(select(issued, []))
    assert nothing.claims == {"vct": "v"} | shown(tree, hidden=True)
    everything = select(issued, [[name] for name in tree])
    assert process(everything).claims == process(issued).claims


TEXTS = [
    base64url.encode(json.dumps(parts).encode())
    for parts in (["s", "a", 1], ["s", 2], ["s", "_sd", []], ["s", "b", {"_sd": ["x"]}], [], {})
]
DIGESTS = st.sampled_from([digest(text, "sha256") for text in TEXTS] + ["x"])
PAYLOADS = st.recursive(
    SCALARS | DIGESTS,
    lambda inner: (
        st.lists(inner | st.fixed_dictionaries({"...": DIGESTS | inner}), max_size=3)
        | st.dictionaries(
            st.sampled_from(["_sd", "_sd_alg", "...", "a", "b"]),
            inner | st.lists(DIGESTS, max_size=3),
            max_size=3,
        )
    ),
    max_leaves=10,
)


@given(
    st.dictionaries(st.sampled_from(["_sd", "_sd_alg", "a", "b", "vct"]), PAYLOADS, max_size=4),
    st.lists(st.sampled_from(TEXTS) | st.text(max_size=8), max_size=3),
)
def test_any_payload_and_disclosures_are_processed_or_refused(
    payload: dict[str, Any], texts: list[str]
) -> None:
    token = jws.assemble(jws.signing_input({}, json.dumps(payload).encode()), b"")
    try:
        claims = process(decode("~".join((token, *texts, "")))).claims
    except (Malformed, Rejected):
        return
    assert not {"_sd", "..."} & claims.keys()


@given(st.text() | st.builds("e30.e30.AA~{}~{}".format, st.text(), st.text()))
def test_any_text_decodes_or_is_refused(text: str) -> None:
    try:
        process(decode(text))
    except (Malformed, Rejected):
        return
