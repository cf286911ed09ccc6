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
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import psycopg
import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key
from hypothesis import settings as hypothesis_settings

from mrc.infra.database.engine import Database, open_database
from mrc.infra.database.upgrade import upgrade

hypothesis_settings.register_profile(
    "deterministic", derandomize=True, deadline=None, database=None, print_blob=False
)
hypothesis_settings.load_profile("deterministic")

SHARED_DIRECTORY = "MRC_TEST_SHARED_DIRECTORY"  # made by the session's controller for its workers
STUCK = pytest.StashKey[bool]()
SPARE_SECONDS = 60  # what a test that was stopped for its time has for taking its parts down
POSTGRES_BINARIES = Path(os.environ.get("MRC_TEST_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))
WATCH = """
"$@" & server=$!
while kill -0 "$CONTROLLER" 2>/dev/null && kill -0 $server 2>/dev/null; do sleep 0.2; done
kill -INT $server 2>/dev/null; wait $server; rm -rf "$DIRECTORY"
"""


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        directory = tempfile.mkdtemp(prefix="mrc-tests-")
        os.chmod(directory, 0o711)  # the server's own user must pass through
        os.environ[SHARED_DIRECTORY] = directory
        os.environ["CONTROLLER"] = str(os.getpid())


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
        pid_file = directory / "postgres" / "data" / "postmaster.pid"
        if pid_file.exists():
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
            for _ in range(SPARE_SECONDS * 50):
                if not pid_file.exists():
                    break
                time.sleep(0.02)
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> str:
    """The query string of the session's server: ``host=DIRECTORY``."""
    if os.environ.get("MRC_TEST_WITHOUT_POSTGRES") == "1":
        pytest.skip("MRC_TEST_WITHOUT_POSTGRES=1")
    assert (POSTGRES_BINARIES / "initdb").exists(), (
        "install postgresql-15, or see tests/conftest.py"
    )
    directory = Path(os.environ[SHARED_DIRECTORY]) / "postgres"
    with open(directory.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            _start_postgres(directory)
    return f"host={directory}"


def _start_postgres(directory: Path) -> None:
    directory.mkdir(mode=0o755)
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        account = pwd.getpwnam("postgres")
        os.chown(directory, account.pw_uid, account.pw_gid)
        ids = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        as_user = ["setpriv", *ids]
    data = str(directory / "data")
    initdb = [*as_user, str(POSTGRES_BINARIES / "initdb"), "-D", data, "-U", "postgres"]
    options = ["-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run([*initdb, *options], check=True, stdout=subprocess.DEVNULL, cwd="/")
    settings = ["listen_addresses=", "fsync=off", "full_page_writes=off", "max_connections=200"]
    server = [*as_user, str(POSTGRES_BINARIES / "postgres"), "-D", data, "-k", str(directory)]
    server += [part for setting in settings for part in ("-c", setting)]
    with open(directory.parent / "postgres.log", "w") as log:
        subprocess.Popen(
            ["/bin/sh", "-c", WATCH, "watch", *server],
            cwd="/",
            env={**os.environ, "DIRECTORY": str(directory.parent)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _await_postgres(f"host={directory}")


def _await_postgres(host: str) -> None:
    for _ in range(500):
        try:
            psycopg.connect(f"{host} user=postgres dbname=postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("PostgreSQL did not start")


_numbers = itertools.count()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    name = f"template_{os.getpid()}"
    _administer(postgres, f"CREATE DATABASE {name}")
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
    _administer(postgres, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield f"postgresql://postgres@/{name}?{postgres}"
    _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database that belongs to this test alone; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url) as opened:
        yield opened


def _administer(host: str, statement: str) -> None:
    with psycopg.connect(f"{host} user=postgres dbname=postgres", autocommit=True) as connection:
        connection.execute(statement)
