"""Graphviz in a process of its own: ``python -m umbel.engine.dot_child``, started by ``dot``.

Graphviz holds the interpreter's lock for as long as it works and knows no deadline. Here it may: nothing
else runs in this process, and the kernel's alarm ends it when the time is up, even if its owner is gone.

A request on standard input is a line of JSON, then the DOT source; the answer on standard output likewise::

    {"format": "svg", "seconds": 5.0, "size": 1234}\n<1234 bytes of DOT>
    {"ok": true, "size": 5678}\n<5678 bytes of SVG, or of UTF-8 text that says what went wrong>

The form ``folding`` is none of Graphviz's: the source is what :mod:`.folded` spells, and so is the answer.
"""

import gc
import json
import os
import signal
import sys
from functools import lru_cache
from typing import BinaryIO

import pygraphviz

from .folded import FORM, answer, understood

_last = lru_cache(1)(understood)  # who opens cards, or folds them again, asks of the same graph several times


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more."""
    for line in requests:
        header = json.loads(line)
        source = requests.read(header["size"]).decode()
        signal.setitimer(signal.ITIMER_REAL, header["seconds"])
        try:
            ok, answer = True, _draw(source, header["format"])
        except (ValueError, OSError) as error:  # DotError, which pygraphviz raises, is a ValueError
            ok, answer = False, str(error).encode()
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(json.dumps({"ok": ok, "size": len(answer)}).encode() + b"\n" + answer)
        answers.flush()


def _draw(source: str, form: str) -> bytes:
    if form == FORM:
        gc.disable()  # it would go through all nodes again and again, and find nothing
        try:
            return answer(source, _last).encode()
        finally:
            gc.enable()
    graph = pygraphviz.AGraph(string=source)
    try:
        return graph.draw(format=form, prog="dot") or b""
    finally:
        graph.close()


def main() -> None:
    """Serve standard input and output, which Graphviz must not write to."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
