"""How the conductor is asked to end."""

import time

SLICE = 0.05  # seconds


class Ending:
    """A wish for the end that a signal handler may utter.

    Not an event of :mod:`threading`: its lock may be held by the very thread that the signal interrupts.
    """

    def __init__(self) -> None:
        self.asked = False

    def ask(self) -> None:
        """Ask for the end."""
        self.asked = True

    def wait(self, seconds: float) -> bool:
        """Wait for ``seconds``, or until the end is asked for; whether it is."""
        deadline = time.monotonic() + seconds
        while not self.asked and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, SLICE))
        return self.asked
