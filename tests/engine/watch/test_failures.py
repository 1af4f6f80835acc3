"""A broker that is away, slow or gone: the user's sends go on."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from umbel.engine import embedded

Script = Callable[..., str]
HEAD = "from sample_app import *\n"

# The announcements go to a broker of their own, so that the user's sends can be seen to go on.
SPLIT = (
    HEAD
    + """
import os, time, logging
logging.basicConfig(format='%(levelname)s %(message)s')
real = app.connection_for_write
def elsewhere(*args, **kwargs):
    return real(os.environ['ELSEWHERE'], *args, **kwargs)
watcher = vars(app)['_umbel_watcher']
watcher._outbox._wire._app = type('App', (), {'connection_for_write': staticmethod(elsewhere)})
def send(tag='A'):
    start = time.monotonic()
    (t(tag) | t('B')).apply_async()
    return time.monotonic() - start
t('warm').apply_async()
"""
)


@pytest.fixture
def black_hole() -> Iterator[str]:
    """The URL of a broker that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_broker_that_refuses_costs_one_line_in_the_log(
    script: Script, announced: Any, unused_port: int
) -> None:
    said = script(
        SPLIT
        + """
times = [send() for _ in range(20)]
group(t('C'), t('D')).apply_async()
print(max(times))
""",
        ELSEWHERE=f"redis://127.0.0.1:{unused_port}/0",
    )

    assert announced.client.llen("celery") == 23
    number, line = said.splitlines()
    assert line.startswith("WARNING Umbel is not told")
    assert float(number) < 1


def test_a_broker_that_never_answers_delays_one_send_by_a_second_at_most(
    script: Script, announced: Any, black_hole: str
) -> None:
    said = script(
        SPLIT + "first = send(); print(first); print(max(send() for _ in range(10)))",
        ELSEWHERE=black_hole,
    )

    first, later, line = said.splitlines()
    assert announced.client.llen("celery") == 12
    assert 0.3 < float(first) < 1.3
    assert float(later) < 0.2
    assert line.startswith("WARNING")


def test_a_broker_that_stops_answering_later_delays_as_little(
    script: Script, announced: Any, tmp_path: Path
) -> None:
    with embedded.broker(tmp_path) as other:
        said = script(
            SPLIT
            + """
import signal
send()
os.kill(int(os.environ['PID']), signal.SIGSTOP)
print(send(), send())
os.kill(int(os.environ['PID']), signal.SIGCONT)
""",
            ELSEWHERE=other.url,
            PID=str(other.pid),
        )
        os.kill(other.pid, signal.SIGCONT)

    first, later = map(float, said.splitlines()[0].split())
    assert announced.client.llen("celery") == 4
    assert first < 1.6
    assert later < 0.2


def test_a_connection_that_the_broker_closed_is_made_again(script: Script, announced: Any) -> None:
    script(
        HEAD
        + """
(t('A') | t('B')).apply_async()
with app.connection_for_write() as connection:
    connection.default_channel.client.client_kill_filter(_type='normal', skipme=True)
(t('C') | t('D')).apply_async()
group(t('E'), t('F')).apply_async()
"""
    )

    assert announced.tags() == [["A"], ["C"], ["E", "F"]]


def test_after_a_silence_everything_counts_as_new(script: Script, announced: Any, unused_port: int) -> None:
    said = script(
        SPLIT
        + """
from umbel.engine.watching import outbox
outbox.SILENCE = 0.2
members = iter('abcd')
def slowly():
    yield t('a'); yield t('b')
    os.environ['ELSEWHERE'] = app.conf.broker_url
    while watcher._outbox.silent: time.sleep(0.01)
    yield t('c'); yield t('d')
chord(slowly(), t('body')).apply_async()
""",
        ELSEWHERE=f"redis://127.0.0.1:{unused_port}/0",
    )

    assert announced.tags() == [["c", "d"]] or announced.tags() == [["b", "c", "d"]]
    assert announced.messages()[0]["body"][2]["chord"]["kwargs"] == {"tag": "body"}
    assert said.count("WARNING") == 1


def test_an_error_of_our_own_cannot_make_a_send_fail(script: Script, announced: Any) -> None:
    said = script(
        HEAD
        + """
import logging; logging.basicConfig(format='%(levelname)s %(message)s')
vars(app)['_umbel_watcher']._applications.find = None
(t('A') | t('B')).apply_async()
(t('A') | t('B')).apply_async()
""",
    )

    assert announced.client.llen("celery") == 2
    assert said.count("WARNING Umbel is not told") == 1


def test_when_the_users_own_broker_is_away_the_user_gets_celerys_error(
    script: Script, unused_port: int
) -> None:
    script(
        HEAD
        + """
import kombu.exceptions, time
start = time.monotonic()
try: (t('A') | t('B')).apply_async(retry=False)
except kombu.exceptions.OperationalError: pass
else: raise AssertionError
""",
        CELERY_BROKER_URL=f"redis://127.0.0.1:{unused_port}/0",
    )
