"""What every test may use: a migrated database of its own, on SQLite and on PostgreSQL.

The PostgreSQL server is a real one, started by the first test that asks for it, on a Unix socket
in a private directory, shared by the workers of a session and stopped with it. Where it is not
installed the tests fail; a developer may set MRC_TEST_WITHOUT_POSTGRES=1 and knows it.
"""

import faulthandler
import fcntl
import hashlib
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key
from hypothesis import settings as hypothesis_settings

from mrc.infra.database.engine import Database, open_database
from mrc.infra.database.upgrade import upgrade
from tests import postgres_server

hypothesis_settings.register_profile(
    "deterministic", derandomize=True, deadline=None, database=None, print_blob=False
)
hypothesis_settings.load_profile("deterministic")

SHARED_DIRECTORY = "MRC_TEST_SHARED_DIRECTORY"  # made by the session's controller for its workers
CONTROLLER = "MRC_TEST_CONTROLLER"  # the process that the server ends with
STUCK = pytest.StashKey[bool]()
SPARE_SECONDS = 60  # what a test that was stopped for its time has for taking its parts down


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        directory = tempfile.mkdtemp(prefix="mrc-tests-")
        os.chmod(directory, 0o711)  # the server's own user must pass through
        os.environ[SHARED_DIRECTORY] = directory
        os.environ[CONTROLLER] = str(os.getpid())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test that cannot even be stopped ends its process, with the stack of every thread: the
    run goes on in a new one. `timeout` alone waits for a teardown that never ends."""
    marker = item.get_closest_marker("timeout")
    allowed = float(marker.args[0] if marker else item.config.getini("timeout"))
    running = _running_file(item)
    item.stash[STUCK] = running.exists()  # its process ended under it
    running.touch()
    told_to = item.config.stash[fault_handler_stderr_fd_key]
    faulthandler.dump_traceback_later(allowed + SPARE_SECONDS, exit=True, file=told_to)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()
        running.unlink(missing_ok=True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.stash[STUCK]:
        pytest.fail("this test ended its process before: the stacks are above")


def _running_file(item: pytest.Item) -> Path:
    name = hashlib.sha256(item.nodeid.encode()).hexdigest()
    return Path(os.environ[SHARED_DIRECTORY]) / f"running-{name}"


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        directory = Path(os.environ.pop(SHARED_DIRECTORY))
        postgres_server.stop(directory / "postgres")
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> str:
    """The query string of the session's server: ``host=DIRECTORY``."""
    if os.environ.get("MRC_TEST_WITHOUT_POSTGRES") == "1":
        pytest.skip("MRC_TEST_WITHOUT_POSTGRES=1")
    assert (postgres_server.BINARIES / "initdb").exists(), (
        "install postgresql-15, or see tests/conftest.py"
    )
    directory = Path(os.environ[SHARED_DIRECTORY]) / "postgres"
    with open(directory.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            postgres_server.start(directory, controller=int(os.environ[CONTROLLER]))
    return f"host={directory}"


_numbers = itertools.count()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    name = f"template_{os.getpid()}"
    postgres_server.administer(postgres, f"CREATE DATABASE {name}")
    upgrade(f"postgresql://postgres@/{name}?{postgres}")
    return name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "test.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgres: str, postgres_template: str) -> Iterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    postgres_server.administer(postgres, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield f"postgresql://postgres@/{name}?{postgres}"
    postgres_server.administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database that belongs to this test alone; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url) as opened:
        yield opened
