"""Figures for whoever has the token, and for nobody else."""

from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mrc.infra.chain.publisher import AnchorMetrics
from mrc.web.metrics_api.app import METRICS_PATH, metrics_route
from tests.simulators.ledger_world import NOW, STREAM, StillClock

TOKEN = "a token"


@pytest.fixture
def client() -> TestClient:
    registry = CollectorRegistry()
    clock = StillClock(NOW + timedelta(minutes=25))
    AnchorMetrics(registry, clock).observe(STREAM, anchored_at=NOW)
    return TestClient(Starlette(routes=[metrics_route(registry, TOKEN)]))


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer a toke", "a token", "Basic x"])
def test_without_the_token_nothing_is_told(client: TestClient, given: str) -> None:
    answer = client.get(METRICS_PATH, headers={"authorization": given})
    assert (answer.status_code, answer.content) == (401, b"")


def test_with_the_token_the_age_of_the_newest_anchor_is_told(client: TestClient) -> None:
    answer = client.get(METRICS_PATH, headers={"authorization": f"Bearer {TOKEN}"})
    line = f'mrc_ledger_anchor_age_seconds{{stream="{STREAM.hex()[:16]}"}} 1500.0'
    assert line in answer.text.splitlines()
    assert answer.headers["cache-control"] == "no-store"
