"""Graphviz's ``dot`` in a child process, so that it holds up nothing here and can be stopped.

The child is started by the first turn and kept, since a new one costs 50 ms. It is killed when a deadline
passes; the next turn starts another. Threads take turns.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from .errors import LayoutError


class DeadlineError(LayoutError):
    """Graphviz was not done in time."""


_lock = threading.Lock()
_process: subprocess.Popen[bytes] | None = None


@contextmanager
def turn(deadline: float) -> Iterator[Callable[[str, str], bytes]]:
    """Wait for one's turn and yield ``draw(source, form)``, which returns what Graphviz makes of DOT source.

    ``deadline`` is in seconds, and waiting counts towards it.

    Raises
    ------
    DeadlineError
        There was not enough time.
    LayoutError
        Graphviz failed.
    """
    end = time.monotonic() + deadline
    if not _lock.acquire(timeout=deadline):
        raise DeadlineError(f"Graphviz was busy with other graphs for {deadline:g} s. Try again later.")

    def draw(source: str, form: str) -> bytes:
        try:
            return _ask(_running(), source, form, max(end - time.monotonic(), 0.001))
        except _Ended as error:
            if error.code == -signal.SIGALRM:
                message = f"Graphviz was not done after {deadline:g} s: the graph is too large or too dense."
                raise DeadlineError(message) from None
            raise LayoutError(f"Graphviz ended with {error.code} before it was done.") from None

    try:
        yield draw
    finally:
        _lock.release()


def warm() -> None:
    """Start the child, if none runs: the first who asks then need not wait for it."""
    with _lock:
        _running()


class _Ended(Exception):
    """The child is no more."""

    def __init__(self, code: int | None) -> None:
        self.code = code


def _running() -> subprocess.Popen[bytes]:
    global _process
    if _process is None or _process.poll() is not None:
        stop()
        _process = subprocess.Popen(
            [sys.executable, "-P", "-m", f"{__name__}_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # Fontconfig's remarks would end up in the user's terminal
        )
    return _process


def _ask(process: subprocess.Popen[bytes], source: str, form: str, seconds: float) -> bytes:
    assert process.stdin
    assert process.stdout
    question = source.encode()
    header = {"format": form, "seconds": seconds, "size": len(question)}
    try:
        process.stdin.write(json.dumps(header).encode() + b"\n" + question)
        process.stdin.flush()
        reply = json.loads(process.stdout.readline() or "null")
        answer = process.stdout.read(reply["size"]) if reply else b""
    except BrokenPipeError:
        raise _Ended(stop()) from None
    except BaseException:
        # An answer that nobody read would be taken for that to the next question.
        stop()
        raise
    if not reply or len(answer) < reply["size"]:
        raise _Ended(stop())
    if not reply["ok"]:
        raise LayoutError(f"Graphviz failed: {answer.decode(errors='replace')}.")
    return answer


def stop() -> int | None:
    """End the child, if there is one, and return how it ended."""
    global _process
    process, _process = _process, None
    if process is None:
        return None
    process.kill()
    for pipe in (process.stdin, process.stdout):
        # What is still in the buffer has nowhere to go.
        with suppress(BrokenPipeError):
            assert pipe
            pipe.close()
    return process.wait()


def _forget() -> None:
    global _lock, _process
    _lock, _process = threading.Lock(), None


# A forked process must not talk into the pipes of its parent, nor wait for a lock that is held there.
os.register_at_fork(after_in_child=_forget)
atexit.register(stop)
