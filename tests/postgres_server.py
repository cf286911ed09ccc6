"""A real PostgreSQL server on a Unix socket in a private directory, stopped with its controller."""

import contextlib
import os
import pwd
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg

BINARIES = Path(os.environ.get("MRC_TEST_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))
QUICK = ("fsync=off", "full_page_writes=off")  # for tests: nothing outlives them
_START_TRIES = 500  # of 20 ms
_STOP_TRIES = 3000
_WATCH = """
"$@" & server=$!
while kill -0 "$CONTROLLER" 2>/dev/null && kill -0 $server 2>/dev/null; do sleep 0.2; done
kill -INT $server 2>/dev/null; wait $server; rm -rf "$DIRECTORY"
"""


def start(directory: Path, *, controller: int, settings: Sequence[str] = QUICK) -> str:
    """Start a server whose files and socket are in `directory`; the query string of its URLs.

    It ends with the process `controller`, and the directory above `directory` is deleted then.
    """
    directory.mkdir(mode=0o755)
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        account = pwd.getpwnam("postgres")
        os.chown(directory, account.pw_uid, account.pw_gid)
        ids = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        as_user = ["setpriv", *ids]
    data = str(directory / "data")
    initdb = [*as_user, str(BINARIES / "initdb"), "-D", data, "-U", "postgres"]
    options = ["-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run([*initdb, *options], check=True, stdout=subprocess.DEVNULL, cwd="/")
    chosen = ["listen_addresses=", "max_connections=200", *settings]
    server = [*as_user, str(BINARIES / "postgres"), "-D", data, "-k", str(directory)]
    server += [part for setting in chosen for part in ("-c", setting)]
    told = {"CONTROLLER": str(controller), "DIRECTORY": str(directory.parent)}
    with open(directory.parent / "postgres.log", "w") as log:
        subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, "watch", *server],
            cwd="/",
            env={**os.environ, **told},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    host = f"host={directory}"
    _await(host)
    return host


@contextlib.contextmanager
def own_server(database: str, *, settings: Sequence[str] = QUICK) -> Iterator[str]:
    """The URL of an empty database on a server that ends with the context."""
    with tempfile.TemporaryDirectory(prefix="mrc-postgres-", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o711)  # the server's own user must pass through
        directory = Path(name) / "postgres"
        host = start(directory, controller=os.getpid(), settings=settings)
        administer(host, f"CREATE DATABASE {database}")
        try:
            yield f"postgresql://postgres@/{database}?{host}"
        finally:
            stop(directory)


def stop(directory: Path) -> None:
    """Returns when the server in `directory` has ended, or after a minute."""
    pid_file = directory / "data" / "postmaster.pid"
    if not pid_file.exists():
        return
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
    for _ in range(_STOP_TRIES):
        if not pid_file.exists():
            return
        time.sleep(0.02)


def administer(host: str, statement: str) -> None:
    with psycopg.connect(f"{host} user=postgres dbname=postgres", autocommit=True) as connection:
        connection.execute(statement)


def _await(host: str) -> None:
    for _ in range(_START_TRIES):
        try:
            psycopg.connect(f"{host} user=postgres dbname=postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("PostgreSQL did not start")
