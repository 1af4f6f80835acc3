"""Ports to listen on, which no other process of the tests is given, nor a connection that goes out."""

import itertools
import os
import random
import socket

# Below those that Linux gives to connections that go out: 32768 to 60999.
FIRST, EACH = 10_000, 2_000
_process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 10
_steps = itertools.count(random.randrange(EACH))  # other runs of the tests may go on beside this one


def free_port() -> int:
    """Return a loopback TCP port on which nothing listens now, another one at each call."""
    while True:
        port = FIRST + _process * EACH + next(_steps) % EACH
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
