"""What every command prints: JSON for programs, words for people, one line for an error."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from mrc.kernel.errors import Forbidden, Malformed, Rejected, Unavailable

P = ParamSpec("P")
R = TypeVar("R")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


class Refusal(click.ClickException):
    """An expected error: one line, exit code 1."""

    exit_code = 1


def refusals(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our errors into one line for the person at the terminal."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Rejected as error:
            raise Refusal(f"refused: {error}") from error
        except Forbidden as error:
            raise Refusal(f"not allowed: {error}") from error
        except Malformed as error:
            raise Refusal(f"not understood: {error}") from error
        except Unavailable as error:
            raise Refusal(f"no answer: {error}") from error

    return guarded


def read_secret_line(path: Path | None, prompt: str) -> str:
    """A PIN or code from a file of mode 600, or typed unseen. Never an argument."""
    if path is None:
        return str(click.prompt(prompt, hide_input=True))
    if path.stat().st_mode & 0o077:
        raise Refusal(f"{path} may be read by others: set its mode to 600")
    return path.read_text().strip()
