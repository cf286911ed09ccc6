"""From a loss report to a refusal: `python -m bench.latency [--runs 100] [--ttl 2] [--pause 2]`.

Real roles, the desk's management API, a wallet that shows its card to the online verifier.

- `push`: the verifier has subscribed. Its list is in its cache (a showing just before was valid,
  `ttl` is a minute); then the desk reports the loss and the wallet shows the card at once.
  `acknowledged` ends with the desk's answer, `refused` with the verdict the asker reads. Without a
  pause between the reports lists change faster than once a second, and publications wait.
- `polling`: nobody is told. A verifier's list client asks again when its copy's `ttl` is over; the
  report comes at a random moment of that time.

Prints one JSON object, all figures in milliseconds.
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from mrc.formats.status_list.bits import Status
from mrc.infra.keys.software import OpensslVerifier
from mrc.infra.status_client import StatusListClient
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.wallet.holdings import Format
from mrc.wallet.mobile_id import OpenWallet
from tests.campaigns.town import Town, phone, running_town

Figures = dict[str, float]


async def collect(town: Town, wallet: OpenWallet) -> None:
    link, code = await town.offer(town.people[0])
    offered = await wallet.receiving.look_at(link)
    pending = await wallet.receiving.redeem(offered, tx_code=code)
    await wallet.receiving.accept(await wallet.receiving.collect(pending))


async def push(runs: int, pause: float) -> dict[str, Figures]:
    acknowledged, refused = [], []
    with tempfile.TemporaryDirectory(prefix="mrc-latency-") as home:
        async with running_town(Path(home), people=1) as town, phone(town, "phone") as wallet:
            await collect(town, wallet)
            for number in range(runs):
                format_ = list(Format)[number % len(Format)]
                (card,) = await wallet.records.cards()
                if len(card.unused(format_)) < 3:
                    await wallet.renewing.renew(card.id)
                assert await town.show(wallet, format_) == "valid"
                began = time.perf_counter()
                await town.move(town.people[0], "lock")
                acknowledged.append(time.perf_counter() - began)
                decision = await town.show(wallet, format_)
                refused.append(time.perf_counter() - began)
                assert decision == "not_valid", f"run {number}: {decision}"
                await town.move(town.people[0], "unlock")
                await asyncio.sleep(pause)
    return {"acknowledged": figures(acknowledged), "refused": figures(refused)}


async def polling(runs: int, ttl: int) -> Figures:
    chance, waits = random.Random(1), []
    with tempfile.TemporaryDirectory(prefix="mrc-latency-") as home:
        async with (
            running_town(Path(home), people=1, status_ttl_seconds=ttl) as town,
            phone(town, "phone") as wallet,
        ):
            (town.settings.home / "subscriptions" / "verifier.json").unlink()
            await collect(town, wallet)
            (card,) = await wallet.records.cards()
            reference = card.copies[0].status
            assert reference is not None
            anchors = TrustStore(town.settings.home / "trust").certificates(TrustKind.ISSUER)
            lists = StatusListClient(town.http, verifier=OpensslVerifier())

            async def value() -> int:
                found = await lists.get_list(reference.uri, anchors=anchors, at=datetime.now(UTC))
                return found.get(reference)

            async def until(wanted: Status) -> None:
                while True:
                    if await value() == wanted:
                        return
                    await asyncio.sleep(0.01)

            for _ in range(runs):
                await until(Status.VALID)
                await asyncio.sleep(chance.uniform(0, ttl))
                await value()
                began = time.perf_counter()
                await town.move(town.people[0], "lock")
                await until(Status.LOCKED)
                waits.append(time.perf_counter() - began)
                await town.move(town.people[0], "unlock")
    return figures(waits)


def figures(seconds: Sequence[float]) -> Figures:
    ordered = sorted(one * 1000 for one in seconds)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return {
        "runs": len(ordered),
        "median": round(statistics.median(ordered), 1),
        "p99": round(p99, 1),
        "worst": round(ordered[-1], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--ttl", type=int, default=2, help="seconds, for the polling verifier")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between reports")
    chosen = parser.parse_args()
    found = {
        "push": asyncio.run(push(chosen.runs, chosen.pause)),
        "push without pause": asyncio.run(push(chosen.runs, 0.0)),
        "polling": {
            "ttl": chosen.ttl * 1000,
            "refused": asyncio.run(polling(chosen.runs, chosen.ttl)),
        },
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
