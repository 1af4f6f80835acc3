"""Nobody reads the queue: it must not grow for ever in the broker of the user."""

import time
from collections.abc import Callable
from typing import Any

Script = Callable[..., str]

HEAD = """
import logging, os, time
logging.basicConfig(format='%(levelname)s %(message)s', level='INFO')
from celery import Celery, group
from umbel.engine import watch
from umbel.engine.watching import outbox, wire
app = Celery(broker=os.environ['CELERY_BROKER_URL'])
watch(app, limit=3)
t = app.signature
def send(tag):
    (t('app.work', kwargs={'tag': tag}) | t('app.work', immutable=True)).apply_async()
    return tag
"""
QUICKLY = "wire.LOOK = 0; outbox.SILENCE = 0.05\n"


def test_beyond_the_limit_nothing_is_announced_and_one_line_says_what_to_do(
    script: Script, announced: Any
) -> None:
    said = script(
        HEAD
        + QUICKLY
        + """
for tag in 'ABCDEFGH':
    send(tag)
    time.sleep(0.06)
group(t('app.work', kwargs={'tag': tag}) for tag in 'IJK').apply_async()
"""
    )

    assert announced.tags() == [["A"], ["B"], ["C"], ["D"]]
    assert announced.client.llen("celery") == 8 + 3
    (line,) = said.splitlines()
    assert line.startswith("WARNING Umbel is not told of what is sent: 4 messages wait in the queue 'umbel'")
    assert "Start `umbel conductor`" in line


def test_when_the_queue_was_read_everything_is_announced_again(script: Script, announced: Any) -> None:
    said = script(
        HEAD
        + QUICKLY
        + """
for tag in 'ABCDEF':
    send(tag)
with app.connection_for_write() as connection:
    connection.default_channel.client.ltrim('umbel', 1, 0)
time.sleep(0.06)
send('Y')
send('Z')
"""
    )

    assert announced.tags() == [["Y"], ["Z"]]
    full, again = said.splitlines()
    assert "4 messages wait" in full
    assert again == "WARNING Umbel is told again of what is sent: its queue is read."


def test_it_looks_once_a_second_at_most_and_not_at_all_without_sending(
    script: Script, announced: Any
) -> None:
    def looks() -> int:
        stats = announced.client.info("commandstats")
        return stats.get("cmdstat_llen", {}).get("calls", 0)

    before, began = looks(), time.monotonic()
    script("HEAD = None\n" + HEAD.replace("limit=3", "limit=1000") + "for _ in range(100): send('A')\n")
    seconds = int(time.monotonic() - began) + 1
    steps = 4  # priorities, each of which has a list of its own
    assert len(announced.all()) == 100
    # One when it connects, one when it begins, and one each second.
    assert looks() - before <= (2 + seconds) * steps
