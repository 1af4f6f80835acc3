"""Inside workers: what a running canvas sends on is silent, what a task sends of its own is not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Worker = Callable[..., Any]
Script = Callable[..., str]
HEAD = "from sample_app import *\n"


def test_a_running_canvas_is_not_announced_again(
    script: Script, announced: Any, celery_worker_process: Worker, sample_folder: Path, eventually: Any
) -> None:
    worker = celery_worker_process("sample_app", folder=sample_folder)
    script(
        HEAD
        + """
chain(t(str(i)) for i in range(50)).apply_async(link=t('last'))
inner = chord([t('F'), t('G')], t('H') | t('I'))
(t('A') | group(t('B'), t('C') | t('D')) | t('E') | inner | group(t('J'), t('K'))).apply_async()
chord([chord([t('a'), t('b')], t('c')), t('d')], group(t('e'), t('f'))).apply_async()
app.tasks['retries'].apply_async(link=t('after'))
"""
    )
    eventually(lambda: {"last", "J", "K", "e", "f", "after"} <= set(announced.called()), 30)
    worker.stop()

    # One for each canvas, and one for the second and third member of the header.
    assert len(announced.all()) == 5
    assert len(announced.runs()) == 4
    assert len([tag for _, tag in announced.calls() if tag == "retries"]) == 3


def test_a_canvas_that_a_task_sends_is_announced_and_says_who_sent_it(
    script: Script, announced: Any, celery_worker_process: Worker, sample_folder: Path, eventually: Any
) -> None:
    worker = celery_worker_process("sample_app", folder=sample_folder)
    script(HEAD + "(t('A') | app.tasks['sends'].s() | t('B')).apply_async()")
    eventually(lambda: {"B", "Y", "R", "alone"} <= set(announced.called()), 30)
    worker.stop()

    assert announced.tags() == [["A"], ["X"], ["P", "Q"]]
    (sender,) = announced.called()["sends"]
    root = announced.messages()[0]["headers"]["id"]
    for message in announced.messages()[1:]:
        assert message["headers"]["parent_id"] == sender
        assert message["headers"]["root_id"] == root


def test_a_replaced_task_is_left_to_the_events(
    script: Script, announced: Any, celery_worker_process: Worker, sample_folder: Path, eventually: Any
) -> None:
    worker = celery_worker_process("sample_app", folder=sample_folder)
    script(
        HEAD
        + """
swaps = app.tasks['swaps']
for how in ('task', 'group', 'chain'):
    (t(how) | swaps.s(how=how).set(link=t(how + '-link')) | t(how + '-end')).apply_async()
    chord([swaps.si(how=how), t(how + '-other')], t(how + '-body')).apply_async()
"""
    )
    sent = len(announced.all())
    tags = {f"{how}-{part}" for how in ("task", "group", "chain") for part in ("link", "end", "body")}
    eventually(lambda: tags <= set(announced.called()), 30)
    worker.stop()

    assert len(announced.all()) == sent
    ids = announced.ids()
    assert all(announced.called()[tag] <= ids[tag] for tag in tags)
    assert all(len(announced.called()[tag]) == 1 for tag in tags)


def test_a_task_added_to_a_chord_is_announced_with_the_group_it_joined(
    script: Script, announced: Any, celery_worker_process: Worker, sample_folder: Path, eventually: Any
) -> None:
    worker = celery_worker_process("sample_app", folder=sample_folder)
    script(HEAD + "chord([app.tasks['adds'].s(), t('A')], t('B', link=t('L'))).apply_async()")
    eventually(lambda: {"B", "L", "added"} <= set(announced.called()), 30)
    worker.stop()

    first, *others = announced.messages()
    (added,) = (each for each in others if each["body"][1] == {"tag": "added"})
    assert added["headers"]["group"] == first["headers"]["group"]
    assert added["body"][2]["chord"] == first["body"][2]["chord"]


def test_what_a_pool_child_gathered_is_sent_when_it_ends(
    script: Script, announced: Any, celery_worker_process: Worker, sample_folder: Path, eventually: Any
) -> None:
    worker = celery_worker_process("sample_app", "--max-tasks-per-child=1", folder=sample_folder)
    script(HEAD + "app.tasks['flood'].delay(120)")
    eventually(lambda: [len(tags) for tags in announced.tags()] == [120], 20, "all of one canvas")
    worker.kill()  # it would start a process for each of the members
