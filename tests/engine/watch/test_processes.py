"""Every kind of process: nothing is lost, nothing is told of apps that nobody watches."""

from collections.abc import Callable
from typing import Any

Script = Callable[..., str]
HEAD = "from sample_app import *\n"


def test_a_script_that_ends_at_once_loses_nothing(script: Script, announced: Any) -> None:
    script(HEAD + "group(t(str(i)) for i in range(7)).apply_async()")

    assert [len(tags) for tags in announced.tags()] == [7]


def test_what_is_sent_while_the_process_ends_is_announced(script: Script, announced: Any) -> None:
    # The functions of atexit run in the reverse order: this one after the watcher's.
    script(
        "import atexit; atexit.register(lambda: group(t('A'), t('B')).apply_async())\n"
        + HEAD
        + "group(t('C'), t('D')).apply_async()"
    )

    assert announced.tags() == [["C", "D"], ["A", "B"]]


def test_members_leave_in_time_while_the_process_lives(script: Script, announced: Any) -> None:
    said = script(
        HEAD
        + """
import time
with app.connection_for_write() as connection:
    client = connection.default_channel.client
    group(t('A'), t('B')).apply_async()
    sent = time.monotonic()
    while not client.llen('umbel'):
        assert time.monotonic() < sent + 10
        time.sleep(0.002)
    print(time.monotonic() - sent)
"""
    )

    assert announced.tags() == [["A", "B"]]
    assert float(said) < 1


def test_a_forked_process_announces_its_own_and_the_parent_its_own(script: Script, announced: Any) -> None:
    script(
        HEAD
        + """
import os
(t('A') | t('B')).apply_async()
group(t('parent1'), t('parent2')).apply_async()
if (child := os.fork()) == 0:
    group(t('child1'), t('child2')).apply_async()
    (t('child3') | t('child4')).apply_async()
    raise SystemExit
assert os.waitpid(child, 0)[1] == 0
(t('C') | t('D')).apply_async()
"""
    )

    assert sorted(announced.tags()) == [
        ["A"], ["C"], ["child1", "child2"], ["child3"], ["parent1", "parent2"],
    ]  # fmt: skip
    assert len({announcement["origin"] for announcement in announced.all()}) == 2


def test_children_of_multiprocessing_and_billiard_lose_nothing(script: Script, announced: Any) -> None:
    script(
        HEAD
        + """
import billiard, multiprocessing
def send(name): group(t(name + '1'), t(name + '2')).apply_async()
for module in (multiprocessing, billiard):
    process = module.get_context('fork').Process(target=send, args=(module.__name__,))
    process.start(); process.join()
    assert process.exitcode == 0
"""
    )

    assert announced.tags() == [["multiprocessing1", "multiprocessing2"], ["billiard1", "billiard2"]]


def test_threads_send_at_once_and_each_canvas_stays_whole(script: Script, announced: Any) -> None:
    script(
        HEAD
        + """
import threading
def send(number):
    for _ in range(10):
        group(t(f'{number}') for _ in range(20)).apply_async()
        chord([t(f'{number}'), t(f'{number}')], t(f'{number}')).apply_async()
threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    )

    assert sorted(map(len, announced.tags())) == [2] * 60 + [20] * 60
    assert all(len(set(tags)) == 1 for tags in announced.tags())


def test_of_two_apps_only_the_watched_one_is_announced(script: Script, announced: Any) -> None:
    script(
        HEAD
        + """
import threading
from celery import Celery, shared_task
other = Celery('other', broker=app.conf.broker_read_url or None, set_as_current=False)
other.conf.broker_url = app.conf.broker_url
@other.task(name='m', shared=False)
def m(*args, **kwargs): pass
@shared_task(name='both')
def both(*args, **kwargs): pass
def u(tag): return m.s(tag=tag)
(u('other') | u('other')).apply_async()
group(u('other'), u('other')).apply_async()
(t('A') | t('B')).apply_async()
# The same task in both apps, and a canvas frozen in another thread than the one that sends it.
for whose in (app, other):
    canvas = whose.tasks['both'].s(tag=whose.main) | whose.tasks['both'].s()
    thread = threading.Thread(target=canvas.freeze); thread.start(); thread.join()
    canvas.apply_async()
"""
    )

    assert announced.tags() == [["A"], ["sample"]]


def test_an_app_may_be_watched_before_it_is_configured(
    script: Script, announced: Any, broker_url: str
) -> None:
    script(
        f"""
import os; os.environ.pop('CELERY_BROKER_URL')  # it would win
from celery import Celery, chain
import umbel.engine.watching, umbel.engine
app = Celery('late')
umbel.engine.watch(app)
assert not app.configured
app.config_from_object({{'broker_url': {broker_url!r}, 'task_default_queue': 'late'}})
@app.task
def n(tag): pass
chain(n.s(tag='A'), n.si(tag='B')).apply_async()
"""
    )

    assert announced.tags() == [["A"]]
    assert announced.client.llen("late") == 1


def test_an_app_that_has_sent_already_and_a_proxy_can_be_watched(script: Script, announced: Any) -> None:
    script(
        """
from celery import Celery, current_app
from umbel.engine import watch
app = Celery('sent')
@app.task
def n(tag): pass
(n.s(tag='A') | n.si(tag='B')).apply_async()
watch(current_app); watch(app)
(n.s(tag='C') | n.si(tag='D')).apply_async()
try: watch('sent')
except TypeError as error: assert 'Celery app' in str(error)
else: raise AssertionError
"""
    )

    assert announced.tags() == [["C"]]


def test_a_pool_of_one_connection_is_enough(script: Script, announced: Any) -> None:
    # Not with a chain in the header: sending that takes two connections, watched or not.
    script(HEAD + "app.conf.broker_pool_limit = 1; chord([t('A'), t('B')], t('C') | t('D')).apply_async()")

    assert announced.tags() == [["A", "B"]]


def test_importing_costs_little_beyond_celery_and_brings_nothing_heavy(script: Script) -> None:
    said = script(
        """
import sys, time
from celery import Celery
from celery import signals
app = Celery('x'); app.amqp, app.tasks, app.Task
start = time.process_time()
from umbel.engine import watch
watch(app)
print(time.process_time() - start)
heavy = {'networkx', 'sqlalchemy', 'pydantic', 'redis', 'flask', 'graphviz'} & set(sys.modules)
assert not heavy, heavy
"""
    )

    assert float(said) < 0.06
