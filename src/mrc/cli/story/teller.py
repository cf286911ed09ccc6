"""Runs the commands of the story and compares what happened with what must happen."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape


class StoryDiffers(Exception):
    """A step did not go as the story says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a command answered."""

    seconds: float
    code: int
    value: Any
    errors: str


@dataclass(slots=True, kw_only=True)
class Teller:
    """Tells steps on a console. `home` holds the story's own installation."""

    home: Path
    environment: Mapping[str, str]
    console: Console
    steps: list[dict[str, object]] = field(default_factory=list)

    def chapter(self, title: str) -> None:
        self.console.print(f"\n[bold]{escape(title)}[/]")

    def mrc(self, *arguments: str, expect_failure: bool = False, may_fail: bool = False) -> Told:
        """Run `mrc …  --json`. Raises `StoryDiffers` where its exit is not the expected one."""
        started = time.monotonic()
        done = self._done(*arguments, "--json")
        seconds = time.monotonic() - started
        if not may_fail and (done.returncode != 0) is not expect_failure:
            shown = " ".join(arguments[:3])
            raise StoryDiffers(f"mrc {shown} …: exit {done.returncode}\n{done.stderr[-800:]}")
        value = json.loads(done.stdout) if done.stdout.strip() else None
        return Told(seconds=seconds, code=done.returncode, value=value, errors=done.stderr.strip())

    def run(self, *arguments: str) -> None:
        """Run `mrc …` for its effect alone. Raises `StoryDiffers` where it fails."""
        done = self._done(*arguments)
        if done.returncode != 0:
            raise StoryDiffers(f"mrc {' '.join(arguments[:3])} …: {done.stderr[-800:]}")

    def _done(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "mrc", *arguments],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def tell(self, what: str, told: Told, detail: str = "") -> None:
        """One line of the story: what happened, how long it took."""
        self.steps.append({"step": what, "seconds": round(told.seconds, 2), "detail": detail})
        tail = f"  [dim]{escape(detail)}[/]" if detail else ""
        self.console.print(f"  [green]✓[/] {escape(what)} [dim]({told.seconds:.1f} s)[/]{tail}")

    def expect(self, claim: bool, what: str) -> None:
        """Raise `StoryDiffers` unless `claim` holds."""
        if not claim:
            raise StoryDiffers(what)

    def secret(self, name: str, text: str) -> Path:
        """A file of mode 600 for a PIN or a code."""
        path = self.home / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path
