"""Re-checking a whole audit log against what was anchored.

1. Every published head is the root over the entries as they stand now.
2. Heads only grow.
3. Every anchored tick of the publisher's journal is on the chain with the same root, without gaps.
4. Every published head of an anchored tick is in that tick's tree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mrc.infra.chain.client import LedgerClient
from mrc.infra.chain.journal import Journal
from mrc.infra.stores.audit import AuditLog, LogHead
from mrc.ledger.anchors import AUDIT_LOG_URI
from mrc.ledger.merkle_log import Frontier
from mrc.ledger.statements import StreamId


@dataclass(slots=True)
class AuditReport:
    """What was checked, and a sentence for every fault."""

    entries: int = 0
    heads: int = 0
    ticks: int = 0
    anchored_heads: int = 0
    faults: list[str] = field(default_factory=list)


def check_log(log: AuditLog) -> AuditReport:
    """Steps 1 and 2, which need no ledger."""
    report, frontier = AuditReport(), Frontier()
    waiting = sorted(log.heads(), key=lambda head: (head.size, head.published_at))
    sizes = [head.size for head in log.heads()]
    if sizes != sorted(sizes):
        report.faults.append("a later head has fewer entries than an earlier one")
    report.heads = len(waiting)
    for reached in _reached(log, frontier):
        while waiting and waiting[0].size == reached:
            _compare(waiting.pop(0), frontier, report)
    for head in waiting:
        report.faults.append(f"the head of {_time(head)} covers entries that are gone")
    report.entries = frontier.size
    return report


def check_against_ledger(
    log: AuditLog, journals: Sequence[Journal], client: LedgerClient, streams: Sequence[StreamId]
) -> AuditReport:
    """All four steps, over every stream in which this log's heads were ever anchored.

    A batch may stand in any of the journals.

    Raises `Unavailable` where the ledger does not answer.
    """
    report = check_log(log)
    anchored: set[bytes] = set()
    for stream in streams:
        anchored |= _check_stream(journals, client, stream, report)
    known = {published.publication.digest for published in log.heads()}
    report.anchored_heads = len(anchored & known)
    report.faults.extend("an anchored head is not in the log" for _ in range(len(anchored - known)))
    return report


def _check_stream(
    journals: Sequence[Journal], client: LedgerClient, stream: StreamId, report: AuditReport
) -> set[bytes]:
    """Step 3 for one stream; the digests of the heads that it anchored."""
    head = client.stream_head(stream)
    newest = 0 if head is None else head.tick
    on_chain = dict(client.anchors(stream, 1, newest))
    if sorted(on_chain) != list(range(1, newest + 1)):
        report.faults.append("the chain's events have a gap")
    anchored: set[bytes] = set()
    for tick, root in sorted(on_chain.items()):
        batches = (journal.find(stream, tick) for journal in journals)
        batch = next((found for found in batches if found and found.root == root), None)
        if batch is None:
            report.faults.append(f"tick {tick}: the journal does not hold what was anchored")
            continue
        report.ticks += 1
        anchored |= {entry.digest for entry, _ in batch.entries if entry.uri == AUDIT_LOG_URI}
    return anchored


def _reached(log: AuditLog, frontier: Frontier) -> Iterator[int]:
    yield 0
    for leaf in log.leaves():
        frontier.append(leaf)
        yield frontier.size


def _compare(head: LogHead, frontier: Frontier, report: AuditReport) -> None:
    if frontier.root() != head.root:
        report.faults.append(f"the head of {_time(head)} is not the root of its entries")


def _time(head: LogHead) -> str:
    return head.published_at.isoformat()
