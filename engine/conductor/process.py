"""Which process this is, in words by which another on the same machine can tell that it is gone.

Only Linux says enough: when a process began, and which numbers mean the same processes. Two containers may
have one host name and see different processes under one number, so the machine's boot and the namespace of
process numbers are part of ``host``.
"""

import os
import socket
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Process(NamedTuple):
    """A process; ``host`` is None where nothing can be told of it."""

    host: str | None
    pid: int
    started: float | None  # in ticks since the machine's start

    @property
    def is_gone(self) -> bool:
        """Whether it certainly does not run any more, as far as this process can see."""
        if self.host is None or self.started is None or self.host != _host():
            return False
        found = _stat(self.pid)
        return found is None or found[0] in "ZX" or found[1] != self.started


def this_process() -> Process:
    """Return what is to be kept of this process."""
    found = _stat(os.getpid())
    return Process(_host(), os.getpid(), None if found is None else found[1])


def _host() -> str | None:
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()} {boot} {os.readlink(PROC / 'self/ns/pid')}"
    except OSError:
        return None


def _stat(pid: int) -> tuple[str, float] | None:
    """Return the state and the start of a process; None where there is none."""
    try:
        # The name, in parentheses, may hold anything; two words before the state, and nineteen after it.
        words = (PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
        return words[0], float(words[19])
    except (OSError, IndexError, ValueError):
        return None
