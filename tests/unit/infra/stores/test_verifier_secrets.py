"""The verifier's secrets: made once, readable by their owner only."""

from pathlib import Path

import pytest

from mrc.infra.keys.software import SystemEntropy
from mrc.infra.stores.verifier_secrets import prepare_secrets, read_management_token


def test_secrets_are_made_once(tmp_path: Path) -> None:
    first = prepare_secrets(tmp_path / "verifier", entropy=SystemEntropy())
    second = prepare_secrets(tmp_path / "verifier", entropy=SystemEntropy())
    assert first == second
    assert len({first.management_token, first.push_token}) == 2
    assert len(first.sealing_secret) == 32
    assert read_management_token(tmp_path / "verifier") == first.management_token
    assert first.management_token not in repr(first)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    prepare_secrets(tmp_path, entropy=SystemEntropy())
    (tmp_path / "push-token").chmod(0o644)
    with pytest.raises(PermissionError):
        prepare_secrets(tmp_path, entropy=SystemEntropy())
