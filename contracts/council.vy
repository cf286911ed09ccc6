# pragma version 0.4.3
# pragma evm-version paris
"""
@title Council of the consortium
@license Apache-2.0
@notice Every change of trust is decided by k of n seats: a seat proposes an action, seats approve
    it, and a seat executes it before it expires. A seat changes hands in two steps, so that a
    mistyped address can never take one.
@dev A module: it owns the seats, the proposals and the pause switch of the contract that
    initialises it. An action is the call data of one of that contract's functions, called by the
    contract on itself. Changing seats or the threshold starts a new epoch, and proposals of an
    earlier epoch are dead. Nothing here holds anything about a person.
"""

event Proposed:
    proposal: indexed(uint256)
    seat: indexed(uint256)
    action_hash: bytes32
    action: Bytes[1024]
    expires: uint256

event Approved:
    proposal: indexed(uint256)
    seat: indexed(uint256)

event Executed:
    proposal: indexed(uint256)
    action_hash: bytes32

event SeatNominated:
    seat: indexed(uint256)
    nominee: address

event SeatTaken:
    seat: indexed(uint256)
    holder: address

event SeatVacated:
    seat: indexed(uint256)

event ThresholdSet:
    threshold: uint256

event PausedSet:
    paused: bool

struct Proposal:
    action_hash: bytes32
    expires: uint256
    epoch: uint256
    approvals: uint256
    executed: bool

MAX_SEATS: public(constant(uint256)) = 16
MAX_ACTION: constant(uint256) = 1024
MAX_LIFETIME: public(constant(uint256)) = 30 * 86400

threshold: public(uint256)
occupied: public(uint256)
epoch: public(uint256)
paused: public(bool)
proposal_count: public(uint256)
seats: public(HashMap[uint256, address])
seat_of: public(HashMap[address, uint256])
nominees: public(HashMap[uint256, address])
nominated_until: public(HashMap[uint256, uint256])
proposals: public(HashMap[uint256, Proposal])


@deploy
def __init__(members: DynArray[address, 16], threshold: uint256):
    """
    @notice Seat the first council.
    @param members The first holders of seats 1, 2, 3 and so on; no two alike.
    @param threshold How many seats must approve an action.
    """
    assert threshold >= 1 and threshold <= len(members), "threshold"
    seat: uint256 = 0
    for member: address in members:
        seat += 1
        assert member != empty(address) and self.seat_of[member] == 0, "member"
        self.seats[seat] = member
        self.seat_of[member] = seat
        log SeatTaken(seat=seat, holder=member)
    self.occupied = seat
    self.threshold = threshold
    log ThresholdSet(threshold=threshold)


@internal
@view
def _only_council():
    """
    @dev An approved action is the only call that the contract makes on itself.
    """
    assert msg.sender == self, "council only"


@internal
@view
def _only_running():
    assert not self.paused, "paused"


@internal
@view
def _own_seat() -> uint256:
    seat: uint256 = self.seat_of[msg.sender]
    assert seat != 0, "no seat"
    return seat


@internal
@view
def _only_open(proposal: uint256):
    assert self.proposals[proposal].action_hash != empty(bytes32), "unknown proposal"
    assert not self.proposals[proposal].executed, "executed"
    assert self.proposals[proposal].epoch == self.epoch, "earlier epoch"
    assert block.timestamp <= self.proposals[proposal].expires, "expired"


@internal
@pure
def _count(approvals: uint256) -> uint256:
    total: uint256 = 0
    for bit: uint256 in range(1, MAX_SEATS + 1):
        total += (approvals >> bit) & 1
    return total


@external
def propose(action: Bytes[1024], expires: uint256) -> uint256:
    """
    @notice Propose an action and approve it with one's own seat.
    @param action Call data of the function to be called.
    @param expires Unix time after which the proposal is dead; at most MAX_LIFETIME ahead.
    @return The proposal's number, counted from 1.
    """
    seat: uint256 = self._own_seat()
    assert len(action) >= 4, "no action"
    assert expires > block.timestamp and expires <= block.timestamp + MAX_LIFETIME, "expiry"
    number: uint256 = self.proposal_count + 1
    self.proposal_count = number
    self.proposals[number] = Proposal(
        action_hash=keccak256(action),
        expires=expires,
        epoch=self.epoch,
        approvals=1 << seat,
        executed=False,
    )
    log Proposed(
        proposal=number, seat=seat, action_hash=keccak256(action), action=action, expires=expires
    )
    log Approved(proposal=number, seat=seat)
    return number


@external
def approve(proposal: uint256):
    """
    @notice Approve an open proposal with one's own seat, once.
    @param proposal The proposal's number.
    """
    seat: uint256 = self._own_seat()
    self._only_open(proposal)
    approvals: uint256 = self.proposals[proposal].approvals
    assert (approvals >> seat) & 1 == 0, "approved before"
    self.proposals[proposal].approvals = approvals | (1 << seat)
    log Approved(proposal=proposal, seat=seat)


@external
def execute(proposal: uint256, action: Bytes[1024]):
    """
    @notice Carry out an open proposal that enough seats approved. An action that fails leaves
        everything as it was, the proposal included.
    @param proposal The proposal's number.
    @param action The call data that was proposed.
    """
    self._own_seat()
    self._only_open(proposal)
    assert keccak256(action) == self.proposals[proposal].action_hash, "other action"
    assert self._count(self.proposals[proposal].approvals) >= self.threshold, "too few approvals"
    self.proposals[proposal].executed = True
    raw_call(self, action)
    log Executed(proposal=proposal, action_hash=self.proposals[proposal].action_hash)


@external
def nominate(seat: uint256, nominee: address):
    """
    @notice First step of a hand-over, by the council: name who may take a seat, for MAX_LIFETIME.
    @param seat The seat's number, occupied or empty.
    @param nominee Who may take it; the zero address withdraws a nomination.
    """
    self._only_council()
    assert seat >= 1 and seat <= MAX_SEATS, "seat"
    assert self.seat_of[nominee] == 0, "has a seat"
    assert nominee != self, "the ledger itself"  # it would approve what it executes
    self.nominees[seat] = nominee
    self.nominated_until[seat] = block.timestamp + MAX_LIFETIME
    log SeatNominated(seat=seat, nominee=nominee)


@external
def take_seat(seat: uint256):
    """
    @notice Second step of a hand-over, by the nominee: take the seat from its holder.
    @param seat The seat's number.
    """
    assert msg.sender == self.nominees[seat], "not nominated"
    assert block.timestamp <= self.nominated_until[seat], "expired"
    assert self.seat_of[msg.sender] == 0, "has a seat"
    holder: address = self.seats[seat]
    if holder == empty(address):
        self.occupied += 1
    else:
        self.seat_of[holder] = 0
    self.seats[seat] = msg.sender
    self.seat_of[msg.sender] = seat
    self.nominees[seat] = empty(address)
    self.epoch += 1
    log SeatTaken(seat=seat, holder=msg.sender)


@external
def vacate(seat: uint256):
    """
    @notice Empty a seat, by the council; enough seats to reach the threshold must remain.
    @param seat The seat's number.
    """
    self._only_council()
    holder: address = self.seats[seat]
    assert holder != empty(address), "empty seat"
    assert self.occupied > self.threshold, "threshold"
    self.occupied -= 1
    self.seat_of[holder] = 0
    self.seats[seat] = empty(address)
    self.nominees[seat] = empty(address)
    self.epoch += 1
    log SeatVacated(seat=seat)


@external
def set_threshold(threshold: uint256):
    """
    @notice Change how many seats must approve, by the council.
    @param threshold From 1 to the number of occupied seats.
    """
    self._only_council()
    assert threshold >= 1 and threshold <= self.occupied, "threshold"
    self.threshold = threshold
    self.epoch += 1
    log ThresholdSet(threshold=threshold)


@external
def set_paused(paused: bool):
    """
    @notice Stop or resume every change but those of the council itself.
    @param paused Whether to stop.
    """
    self._only_council()
    self.paused = paused
    log PausedSet(paused=paused)
