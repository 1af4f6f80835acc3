"""How often passwords may be tried.

Kept in this process's memory: each of several web processes counts for itself, so that the limits hold times
``workers``. That suffices against guessing (a few hundred tries an hour against argon2) and needs no shared
state. The limit for all addresses together also bounds what is remembered, and keeps many addresses from
trying in turn; who is logged in, or has a token, is not touched by it.
"""

import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable

PER_ADDRESS = 10
OVERALL = 100
WINDOW = 300.0  # seconds


class Attempts:
    """Counts attempts: those of one address, and all of them, within a sliding window."""

    def __init__(
        self,
        *,
        per_address: int = PER_ADDRESS,
        overall: int = OVERALL,
        window: float = WINDOW,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_address = per_address
        self._overall = overall
        self._window = window
        self._clock = clock
        self._recent: deque[tuple[float, str]] = deque()
        self._lock = threading.Lock()

    def take(self, address: str) -> float:
        """Take down an attempt and return 0, or return in how many seconds there may be another.

        It counts before it is known to fail: attempts made at the same time would else not see each other.
        """
        source = _source(address)
        with self._lock:
            now = self._clock()
            while self._recent and self._recent[0][0] <= now - self._window:
                self._recent.popleft()
            own = [at for at, other in self._recent if other == source]
            if len(own) >= self._per_address:
                return own[0] + self._window - now
            if len(self._recent) >= self._overall:
                return self._recent[0][0] + self._window - now
            self._recent.append((now, source))
            return 0.0

    def forgive(self, address: str) -> None:
        """Forget the attempts of an address, which has given the right password."""
        source = _source(address)
        with self._lock:
            self._recent = deque(each for each in self._recent if each[1] != source)


def _source(address: str) -> str:
    """Return what counts as one address: of IPv6 the network, in which anybody has any number of them."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False))
