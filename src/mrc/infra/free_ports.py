"""Rows of free loopback ports, for installations that live for one demo or one test."""

import contextlib
import random
import socket

LOWEST, HIGHEST = 20_000, 30_000  # below the range from which the system gives ports by itself
TRIES = 200


def find_free_ports(count: int) -> int:
    """The first of `count` neighbouring ports that are free now. Raises `OSError` for none."""
    chance = random.SystemRandom()
    for _ in range(TRIES):
        first = chance.randrange(LOWEST, HIGHEST - count)
        if all(_is_free(first + offset) for offset in range(count)):
            return first
    raise OSError(f"no {count} neighbouring free ports between {LOWEST} and {HIGHEST}")


def _is_free(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
