"""How often passwords may be tried."""

from threading import Thread

import pytest

from umbel.webui.attempts import Attempts


class Clock:
    """A clock that stands until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_window_slides() -> None:
    clock = Clock()
    attempts = Attempts(per_address=2, overall=10, window=60, clock=clock)
    assert attempts.take("a") == 0
    clock.now += 20
    assert attempts.take("a") == 0
    clock.now += 20
    assert attempts.take("a") == 20
    assert attempts.take("b") == 0
    clock.now += 20
    assert attempts.take("a") == 0
    assert attempts.take("a") == 20


def test_what_is_remembered_is_bounded() -> None:
    attempts = Attempts(per_address=2, overall=5, window=60, clock=Clock())
    assert [attempts.take(str(number)) for number in range(7)] == [0, 0, 0, 0, 0, 60, 60]
    assert len(attempts._recent) == 5


def test_the_right_password_clears_the_address_alone() -> None:
    attempts = Attempts(per_address=1, overall=5, window=60, clock=Clock())
    assert attempts.take("a") == attempts.take("b") == 0
    attempts.forgive("a")
    assert attempts.take("a") == 0
    assert attempts.take("b") == 60


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "", True),
    ],
)
def test_a_network_of_ipv6_counts_as_one_address(one: str, other: str, same: bool) -> None:
    attempts = Attempts(per_address=1)
    attempts.take(one)
    assert (attempts.take(other) > 0) is same


def test_attempts_at_the_same_time_see_each_other() -> None:
    attempts, passed = Attempts(per_address=10), []
    threads = [Thread(target=lambda: passed.append(attempts.take("a") == 0)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert passed.count(True) == 10
