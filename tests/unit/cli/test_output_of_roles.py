"""What a role says: results on standard output, events on standard error."""

import subprocess
import sys

SPEAK = """
import structlog
from mrc.cli.main import main
main(["ledger", "status", "--help"], standalone_mode=False)
structlog.get_logger("a role").error("ledger_anchor_late", stream="abc")
"""


def test_events_do_not_fill_a_pipe_that_nobody_reads() -> None:
    told = subprocess.run([sys.executable, "-c", SPEAK], capture_output=True, check=True, text=True)
    assert "ledger_anchor_late" in told.stderr
    assert "ledger_anchor_late" not in told.stdout
