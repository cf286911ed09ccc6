"""Runs inside Pyodide: the device tier's own tests, by pytest, without an event loop.

Coroutine tests of the device tier never wait for anything, so each is driven by `run_inline`.
"""

import inspect
import sys

import pytest

from mrc.kernel.inline import run_inline


class Inline:
    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        if not inspect.iscoroutinefunction(pyfuncitem.obj):
            return None
        names = pyfuncitem._fixtureinfo.argnames
        run_inline(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
        return True


class Counting:
    def __init__(self) -> None:
        self.passed = 0
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.passed += 1
        if report.failed:
            self.failed.append(f"{report.nodeid}\n{report.longreprtext[-600:]}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed.append(f"{report.nodeid}\n{report.longreprtext[-600:]}")


def run(files: list[str]) -> tuple[int, list[str]]:
    """How many tests passed, and what failed."""
    from tests.pyodide import pure_keys

    sys.modules["mrc.infra.keys.software"] = pure_keys
    counting = Counting()
    options = ["--import-mode=importlib", "-p", "no:cacheprovider", "-q", "-c", "/dev/null"]
    pytest.main(
        [*options, "--rootdir=/wallet", "--confcutdir=/wallet/tests/unit", *files],
        plugins=[Inline(), counting],
    )
    return counting.passed, counting.failed
