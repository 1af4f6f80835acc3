"""Callbacks run under the ids that were announced for them; judged by a real worker's calls."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

Worker = Callable[..., Any]
Script = Callable[..., str]
HEAD = "from sample_app import *\n"

LINKS = """
(t('A', link=t('A-link')) | t('B', link=[t('B-link1'), t('B-link2')]) | t('C')).apply_async(link=t('C-link'))
t('a').apply_async(link=[t('a-link', link=t('a-link-link')), t('a-link2')])
chord([t('h1', link=t('h1-link')), t('h2') | t('h3', link=t('h3-link'))],
      t('body', link=t('body-link')) | t('tail', link=t('tail-link'))).apply_async()
(t('r') | group(t('g1', link=t('g1-link')), t('g2') | t('g3', link=t('g3-link')))).apply_async()
(t('s') | chord([t('c1'), t('c2', link=t('c2-link'))], t('c3', link=t('c3-link'))) | t('c4')).apply_async()
"""
COMPOSITES = """
t('A').apply_async(link=t('chain1') | t('chain2') | t('chain3'))
t('B').apply_async(link=group(t('group1'), t('group2') | t('group3')))
body = t('body1') | t('body2', link=t('body-link'))
t('C').apply_async(link=chord([t('head1'), t('head2') | t('head3')], body))
t('D').apply_async(link=[t('mix1') | t('mix2'), group(t('mix3'), t('mix4')), t('mix5')])
(t('E') | t('F')).apply_async(link=t('mid1') | chord([t('mid2'), t('mid3')], t('mid4')) | t('mid5'))
t('G').apply_async(link=t('end1') | group(t('end2'), t('end3')))
chord([t('x'), t('y')], t('z', link=group(t('z1'), chord([t('z2'), t('z3')], t('z4'))))).apply_async()
"""
# Celery freezes the body of a chord, and leaves the first of two groups in a row without ids.
NAMELESS = """
body = chain(t('T'), group(t('g1'), t('g2')), group(t('g3'), t('g4')))
chord([t('h1'), t('h2')], body).apply_async()
"""
ERRORS = """
import warnings; warnings.simplefilter('ignore')
chain(t('A'), t('B!'), t('C')).on_error(t('A-error')).apply_async()
group(t('g1!', link_error=t('g1-error')), t('g2')).apply_async()
chord([t('h1!'), t('h2')], t('body')).on_error(t('chord-error')).apply_async()
(t('r') | chord([t('s1!'), t('s2')], t('s3'), link_error=t('s-error')) | t('s4')).apply_async()
chain(t('u'), chord([t('v1!'), t('v2')], t('v3') | t('v4'))).on_error(t('u-error')).apply_async()
chain(chord([t('w1'), t('w2')], t('w3!')), t('w4')).on_error(t('w-error')).apply_async()
group(t('x1!') | t('x2'), t('x3')).on_error(t('x-error', link=t('x-error-link'))).apply_async()
"""
NEVER = {"C", "body", "s3", "s4", "v3", "v4", "w4", "x2"}


def ran(announced: Any, eventually: Any, tags: set[str]) -> None:
    """Assert that just these tasks run, each once and under an id that was announced for it."""
    eventually(lambda: tags <= set(announced.called()), 30, f"all of {tags}")
    assert {tag for tag in announced.called() if tag not in tags} == set()
    assert len(announced.calls()) == len(tags)
    ids = announced.ids()
    assert {tag: called - ids[tag] for tag, called in announced.called().items() if called - ids[tag]} == {}


def tags_in(text: str) -> set[str]:
    return {part.split("'")[0] for part in text.split("t('")[1:]}


def test_links_at_every_level_run_under_the_announced_ids(
    script: Script, announced: Any, celery_worker_process: Worker, sample_folder: Path, eventually: Any
) -> None:
    script(HEAD + LINKS)
    sent = len(announced.all())
    celery_worker_process("sample_app", folder=sample_folder)

    ran(announced, eventually, tags_in(LINKS))
    assert len(announced.all()) == sent  # the worker found nothing to add


def test_tasks_that_celery_names_late_run_under_the_announced_ids(
    script: Script, announced: Any, celery_worker_process: Worker, sample_folder: Path, eventually: Any
) -> None:
    script(HEAD + NAMELESS)
    sent = len(announced.all())
    celery_worker_process("sample_app", folder=sample_folder)

    ran(announced, eventually, tags_in(NAMELESS))
    assert len(announced.all()) == sent


def test_canvases_as_links_run_under_the_announced_ids(
    script: Script, announced: Any, celery_worker_process: Worker, sample_folder: Path, eventually: Any
) -> None:
    script(HEAD + COMPOSITES)
    sent = len(announced.all())
    celery_worker_process("sample_app", folder=sample_folder)

    ran(announced, eventually, tags_in(COMPOSITES))
    assert len(announced.all()) == sent


def test_errbacks_are_called_as_often_as_without_us_and_under_the_announced_ids(
    script: Script, announced: Any, celery_worker_process: Worker, sample_folder: Path, eventually: Any
) -> None:
    expected = tags_in(ERRORS) - NEVER
    times = []
    for environment in ({"SAMPLE_UNWATCHED": "1"}, {}):
        announced.client.flushdb()
        worker = celery_worker_process("sample_app", folder=sample_folder, environment=environment)
        script(HEAD + ERRORS, **environment)
        eventually(lambda: expected <= set(announced.called()), 30, f"all of {expected}")
        worker.stop()
        times.append(Counter(tag for _, tag in announced.calls()))

    assert times[0] == times[1]
    ids = announced.ids()
    assert {tag for tag, called in announced.called().items() if not called <= ids[tag]} == set()


def test_the_same_body_has_the_same_ids_in_every_member(script: Script, announced: Any) -> None:
    script(
        HEAD + "chord([t('A') | t('B'), t('C'), t('D') | t('E')], t('F', link=t('L') | t('M'))).apply_async()"
    )

    assert {len(ids) for ids in announced.ids().values()} == {1}


def test_an_errback_of_a_whole_chain_is_one_task_and_those_of_members_are_many(
    script: Script, announced: Any
) -> None:
    script(
        HEAD
        + """
import warnings; warnings.simplefilter('ignore')
chain(t('A'), t('B'), chord([t('c'), t('d')], t('C')), t('D')).on_error(t('chain-error')).apply_async()
g = group(t('1'), t('2'), t('3')); g.link_error(t('group-error')); g.apply_async()
"""
    )

    assert len(announced.ids()["chain-error"]) == 1
    assert len(announced.ids()["group-error"]) == 3


def test_equal_links_of_one_task_are_two_tasks(script: Script, announced: Any) -> None:
    script(HEAD + "t('A').apply_async(link=[t('L'), t('L')]); (t('B') | t('C', link=t('L'))).apply_async()")

    assert len(announced.ids()["L"]) == 3


def test_an_id_that_the_user_gave_is_kept(script: Script, announced: Any) -> None:
    script(HEAD + "t('A').apply_async(link=t('L', task_id='mine'))")

    assert announced.ids()["L"] == {"mine"}
