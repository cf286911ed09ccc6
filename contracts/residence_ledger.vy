# pragma version 0.4.3
# pragma evm-version paris
"""
@title Ledger of the mobile residence card
@license Apache-2.0
@notice Who may issue, who may ask for what, and which published lists are the current ones.
    Organisations only: nothing here is keyed by a holder, a card, a copy or an identifier of a
    person, and there is no free text.
@dev Every change of trust is an action of the council (council.vy). Anchors are written by one
    writer per stream, one root per tick, ticks strictly by one, never rewritten. Packed words
    keep the number of storage slots in a proof small; their layout is given at each.
"""

import council

initializes: council
exports: council.__interface__

event OrganisationSet:
    organisation: indexed(bytes32)
    key_hash: bytes32
    metadata_hash: bytes32
    terms: uint256

event CredentialTypeSet:
    credential_type: indexed(bytes32)
    schema_hash: bytes32
    issuer: indexed(bytes32)
    terms: uint256

event EntitlementSet:
    asker: indexed(bytes32)
    purpose: indexed(bytes32)
    claim_set_hash: bytes32

event WriterNominated:
    stream: indexed(bytes32)
    writer: address

event WriterSet:
    stream: indexed(bytes32)
    writer: address

event Anchored:
    stream: indexed(bytes32)
    tick: indexed(uint256)
    root: bytes32

struct Organisation:
    key_hash: bytes32
    metadata_hash: bytes32
    terms: uint256

struct CredentialType:
    schema_hash: bytes32
    issuer: bytes32
    terms: uint256

struct Stream:
    head: uint256
    writer: address
    nominee: address

ROLE_ISSUER: constant(uint256) = 1
ROLE_ASKER: constant(uint256) = 4
ALL_ROLES: constant(uint256) = 31
STATUS_ACTIVE: constant(uint256) = 1
STATUS_ENDED: constant(uint256) = 3
MAX_TIME: constant(uint256) = 2**64 - 1
MAX_BATCH: constant(uint256) = 128

organisations: public(HashMap[bytes32, Organisation])
credential_types: public(HashMap[bytes32, CredentialType])
entitlements: public(HashMap[bytes32, HashMap[bytes32, bytes32]])
streams: public(HashMap[bytes32, Stream])
anchors: public(HashMap[bytes32, HashMap[uint256, bytes32]])


@deploy
def __init__(members: DynArray[address, 16], threshold: uint256):
    """
    @notice Seat the first council; nothing else is known at the start.
    @param members The first holders of seats 1, 2, 3 and so on.
    @param threshold How many seats must approve an action.
    """
    council.__init__(members, threshold)


@internal
@pure
def _revision(terms: uint256) -> uint256:
    return terms >> 192


@internal
@pure
def _status(terms: uint256) -> uint256:
    return (terms >> 128) & 255


@internal
@view
def _has_role(organisation: bytes32, role: uint256) -> bool:
    terms: uint256 = self.organisations[organisation].terms
    return self._status(terms) == STATUS_ACTIVE and (terms >> 136) & role == role


@external
def set_organisation(
    organisation: bytes32,
    key_hash: bytes32,
    metadata_hash: bytes32,
    roles: uint256,
    status: uint256,
    valid_from: uint256,
    valid_until: uint256,
):
    """
    @notice Register an organisation, or change what is registered; an ended one stays ended.
    @dev terms = revision << 192 | roles << 136 | status << 128 | valid_from << 64 | valid_until.
    @param organisation Identifier, the hash of a random number.
    @param key_hash Hash of the key or certificate under which it acts.
    @param metadata_hash Hash of its published metadata.
    @param roles Sum of 1 issuer, 2 wallet provider, 4 asker, 8 verifier, 16 auditor.
    @param status 1 active, 2 stopped, 3 ended.
    @param valid_from Unix time from which the entry counts.
    @param valid_until Unix time up to which the entry counts.
    """
    council._only_council()
    council._only_running()
    assert organisation != empty(bytes32) and key_hash != empty(bytes32), "empty"
    assert roles != 0 and roles <= ALL_ROLES, "roles"
    assert status >= STATUS_ACTIVE and status <= STATUS_ENDED, "status"
    assert valid_from < valid_until and valid_until <= MAX_TIME, "validity"
    before: uint256 = self.organisations[organisation].terms
    assert self._status(before) != STATUS_ENDED, "ended"
    terms: uint256 = (
        ((self._revision(before) + 1) << 192)
        | (roles << 136)
        | (status << 128)
        | (valid_from << 64)
        | valid_until
    )
    self.organisations[organisation] = Organisation(
        key_hash=key_hash, metadata_hash=metadata_hash, terms=terms
    )
    log OrganisationSet(
        organisation=organisation, key_hash=key_hash, metadata_hash=metadata_hash, terms=terms
    )


@external
def set_credential_type(
    credential_type: bytes32, schema_hash: bytes32, issuer: bytes32, status: uint256
):
    """
    @notice Register a type of credential and the one organisation that issues it.
    @dev terms = revision << 192 | status << 128. An ended type stays ended.
    @param credential_type Hash of the type's identifier.
    @param schema_hash Hash of the type's published metadata.
    @param issuer An active organisation with the role issuer.
    @param status 1 active, 2 stopped, 3 ended.
    """
    council._only_council()
    council._only_running()
    assert credential_type != empty(bytes32) and schema_hash != empty(bytes32), "empty"
    assert self._has_role(issuer, ROLE_ISSUER), "not an issuer"
    assert status >= STATUS_ACTIVE and status <= STATUS_ENDED, "status"
    before: uint256 = self.credential_types[credential_type].terms
    assert self._status(before) != STATUS_ENDED, "ended"
    terms: uint256 = ((self._revision(before) + 1) << 192) | (status << 128)
    self.credential_types[credential_type] = CredentialType(
        schema_hash=schema_hash, issuer=issuer, terms=terms
    )
    log CredentialTypeSet(
        credential_type=credential_type, schema_hash=schema_hash, issuer=issuer, terms=terms
    )


@external
def set_entitlement(asker: bytes32, purpose: bytes32, claim_set_hash: bytes32):
    """
    @notice Say which set of claims an asker may ask for, for one purpose.
    @param asker An active organisation with the role asker.
    @param purpose Hash of the purpose's code.
    @param claim_set_hash Hash of the set of claims; zero takes the entitlement away.
    """
    council._only_council()
    council._only_running()
    assert purpose != empty(bytes32), "empty"
    assert claim_set_hash == empty(bytes32) or self._has_role(asker, ROLE_ASKER), "not an asker"
    self.entitlements[asker][purpose] = claim_set_hash
    log EntitlementSet(asker=asker, purpose=purpose, claim_set_hash=claim_set_hash)


@external
def nominate_writer(stream: bytes32, writer: address):
    """
    @notice First step of opening a stream or rotating its key, by the council.
    @param stream Identifier, the hash of a random number.
    @param writer Who may take the stream; the zero address closes it at once.
    """
    council._only_council()
    council._only_running()
    assert stream != empty(bytes32), "empty"
    self.streams[stream].nominee = writer
    if writer == empty(address):
        self.streams[stream].writer = empty(address)
        log WriterSet(stream=stream, writer=empty(address))
    log WriterNominated(stream=stream, writer=writer)


@external
def take_stream(stream: bytes32):
    """
    @notice Second step, by the nominee: become the stream's one writer.
    @param stream The stream's identifier.
    """
    council._only_running()
    assert msg.sender == self.streams[stream].nominee, "not nominated"
    self.streams[stream].writer = msg.sender
    self.streams[stream].nominee = empty(address)
    log WriterSet(stream=stream, writer=msg.sender)


@internal
def _anchor(stream: bytes32, tick: uint256, root: bytes32):
    assert root != empty(bytes32), "zero root"
    self.anchors[stream][tick] = root
    log Anchored(stream=stream, tick=tick, root=root)


@internal
@view
def _only_next(stream: bytes32, tick: uint256):
    assert msg.sender == self.streams[stream].writer, "not the writer"
    assert tick == (self.streams[stream].head >> 64) + 1, "not the next tick"


@external
def anchor(stream: bytes32, tick: uint256, root: bytes32):
    """
    @notice Anchor the Merkle root of everything published at one tick. Never rewritten.
    @dev head = tick << 64 | block time.
    @param stream The stream, of which the sender is the writer.
    @param tick The stream's last tick plus one.
    @param root The root; not zero.
    """
    council._only_running()
    self._only_next(stream, tick)
    self._anchor(stream, tick, root)
    self.streams[stream].head = (tick << 64) | block.timestamp


@external
def anchor_many(stream: bytes32, first_tick: uint256, roots: DynArray[bytes32, 128]):
    """
    @notice Anchor several ticks at once, after an outage.
    @param stream The stream, of which the sender is the writer.
    @param first_tick The stream's last tick plus one.
    @param roots One root for each tick from there on; none zero.
    """
    council._only_running()
    self._only_next(stream, first_tick)
    assert len(roots) != 0, "no root"
    tick: uint256 = first_tick
    for root: bytes32 in roots:
        self._anchor(stream, tick, root)
        tick += 1
    self.streams[stream].head = ((tick - 1) << 64) | block.timestamp
