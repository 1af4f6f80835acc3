"""The critical path, when what never ran was over, and how long a run may still take."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.engine.timeline import Edges, Spell, Step, began, critical_path, estimate, settle

Kinds = list[tuple[int, int, str]]


def ran(asked: float | None, started: float | None, finished: float | None, state: str = "SUCCESS") -> Spell:
    return Spell("shop.pay", state, asked, None, started, finished)


def join(state: str = "SUCCESS") -> Spell:
    return Spell(None, state)


def then(*pairs: tuple[int, int]) -> Kinds:
    return [(parent, child, "then") for parent, child in pairs]


def path(spells: list[Spell], edges: Kinds) -> list[Step]:
    return critical_path(spells, settle(spells, Edges(len(spells), edges)))


def test_a_chain_waits_queues_and_runs_in_turn() -> None:
    spells = [ran(100, 101, 104), ran(105, 107, 112)]
    assert path(spells, then((0, 1))) == [Step(0, 100, 100, 101, 104), Step(1, 104, 105, 107, 112)]


def test_of_a_chord_the_slowest_member_decides_and_its_join_takes_no_time() -> None:
    """Worked out by hand: header members end at 4, 9 and 6; the body is sent at 9.5 and starts at 11."""
    header = [ran(0, 1, 4), ran(0, 2, 9), ran(0, 1, 6)]
    spells = [*header, join(), ran(9.5, 11, 12)]
    found = path(spells, then((0, 3), (1, 3), (2, 3), (3, 4)))
    assert found == [Step(1, 0, 0, 2, 9), Step(4, 9, 9.5, 11, 12)]


def test_a_task_that_nothing_led_to_waited_since_the_run_began() -> None:
    assert path([ran(0, 1, 2), ran(5, 6, 9)], []) == [Step(1, 0, 5, 6, 9)]


def test_what_was_skipped_on_the_way_is_looked_through() -> None:
    spells = [ran(0, 1, 4), Spell("shop.mend", "SKIPPED"), ran(5, 6, 7)]
    assert [step.idx for step in path(spells, [(0, 1, "error"), (1, 2, "then")])] == [0, 2]


def test_an_error_callback_follows_the_first_parent_that_failed() -> None:
    spells = [ran(0, 0, 3, "FAILURE"), ran(0, 0, 10), ran(0, 0, 8, "FAILURE"), ran(3, 4, 20)]
    found = path(spells, [(0, 3, "error"), (1, 3, "error"), (2, 3, "error")])
    assert found == [Step(0, 0, 0, 0, 3), Step(3, 3, 3, 4, 20)]


def test_a_clock_that_is_ahead_cuts_the_task_before_and_makes_no_time_negative() -> None:
    """The first worker's clock is 2 s ahead: its task ends after the next began."""
    assert path([ran(0, 1, 6), ran(3, 4, 8)], then((0, 1))) == [Step(0, 0, 0, 1, 4), Step(1, 4, 4, 4, 8)]


def test_without_events_a_task_ran_since_it_was_sent_unless_it_was_revoked() -> None:
    assert path([ran(2, None, 6)], []) == [Step(0, 2, 2, 2, 6)]
    assert path([ran(2, None, 6, "REVOKED")], []) == [Step(0, 2, 2, 6, 6)]
    assert path([ran(None, None, 6)], []) == [Step(0, 6, 6, 6, 6)]


def test_a_task_that_was_tried_again_was_in_the_queue_since_it_was_received_again() -> None:
    tried = Spell("t", "SUCCESS", 0, 7, 8, 9, retried=True)
    assert path([tried], []) == [Step(0, 0, 7, 8, 9)]


def test_a_run_of_which_nothing_has_finished_has_no_critical_path() -> None:
    assert path([], []) == []
    assert path([Spell("shop.pay", "PENDING"), Spell("t", "STARTED", 1, 1, 2)], []) == []


def test_a_circle_that_somebody_forged_ends() -> None:
    assert path([ran(0, 1, 2), ran(2, 3, 4)], then((0, 1), (1, 0))) == [Step(1, 0, 2, 3, 4)]


def test_a_task_is_blocked_when_the_first_of_its_parents_died() -> None:
    spells = [ran(0, 1, 9, "FAILURE"), ran(0, 1, 4, "FAILURE"), join("BLOCKED"), Spell("t", "BLOCKED")]
    ended = settle(spells, Edges(4, then((0, 2), (1, 2), (2, 3)))).ended
    assert ended == [9, 4, 4, 4]


def test_a_join_ends_with_its_last_parent_and_not_before() -> None:
    spells = [ran(0, 1, 9), ran(0, 1, None, "STARTED"), join("PENDING")]
    assert settle(spells, Edges(3, then((0, 2), (1, 2)))).ended == [9, None, None]
    spells = [ran(0, 1, 9), ran(0, 1, 4), join()]
    assert settle(spells, Edges(3, then((0, 2), (1, 2)))).ended == [9, 4, 9]


moments = st.none() | st.floats(0, 100, allow_nan=False)


@st.composite
def runs(draw: Any) -> tuple[list[Spell], Kinds]:
    """A graph whose nodes have any times, in any order: clocks differ."""
    size = draw(st.integers(1, 12))
    spells: list[Spell] = []
    for _ in range(size):
        if draw(st.integers(0, 4)) == 0:
            spells.append(join(draw(st.sampled_from(["SUCCESS", "PENDING", "BLOCKED", "SKIPPED"]))))
            continue
        state = draw(st.sampled_from(["SUCCESS", "FAILURE", "REVOKED", "STARTED", "BLOCKED", "PENDING"]))
        finished = draw(st.floats(0, 100)) if state in ("SUCCESS", "FAILURE", "REVOKED") else None
        spells.append(
            Spell("t", state, draw(moments), draw(moments), draw(moments), finished, draw(st.booleans()))
        )
    pairs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(
        lambda pair: pair[0] < pair[1]
    )
    kinds = st.sampled_from(["then", "then", "link", "error"])
    edges = draw(st.lists(st.tuples(pairs, kinds), max_size=30)) if size > 1 else []
    return spells, sorted({(parent, child, kind) for (parent, child), kind in edges})


@given(runs())
def test_waits_queues_and_runs_add_up_to_the_length_of_the_run(run: tuple[list[Spell], Kinds]) -> None:
    spells, edges = run
    steps = path(spells, edges)
    last = max((spell.finished for spell in spells if spell.finished is not None), default=None)
    if last is None:
        assert steps == []
        return
    assert steps[0].begin == began(spells)
    assert steps[-1].finished == last
    for before, after in pairwise(steps):
        assert before.finished == after.begin
    for step in steps:
        assert step.begin <= step.asked <= step.started <= step.finished
        assert step.finished <= (spells[step.idx].finished or 0)
    parts = [part for step in steps for part in _parts(step)]
    origin = began(spells)
    assert origin is not None
    assert sum(parts) == pytest.approx(last - origin, abs=1e-9)


def _parts(step: Step) -> tuple[float, float, float]:
    return step.asked - step.begin, step.started - step.asked, step.finished - step.started


@given(runs())
def test_each_step_follows_the_parent_that_ended_last(run: tuple[list[Spell], Kinds]) -> None:
    """So no other parent, had it been faster, would have let it begin earlier."""
    spells, edges = run
    settled = settle(spells, Edges(len(spells), edges))
    steps = critical_path(spells, settled)
    for before, after in zip([None, *steps], steps, strict=False):
        above = [(parent, kind) for parent, child, kind in edges if child == after.idx]
        awaited = [settled.ended[parent] for parent, kind in above if kind != "error"]
        known = [at for at in awaited if at is not None]
        cause = settled.cause[after.idx]
        if known:
            assert cause is not None
            assert (settled.ended[cause] or 0) >= max(known)
        if before is not None:
            assert before.idx in _reached(after.idx, spells, edges)


def _reached(index: int, spells: list[Spell], edges: Kinds) -> set[int]:
    """Return the nodes before one that lie directly behind it, or behind what never ran."""
    found: set[int] = set()
    pending = [index]
    while pending:
        here = pending.pop()
        for parent, child, _ in edges:
            if child == here and parent not in found:
                found.add(parent)
                if spells[parent].finished is None:
                    pending.append(parent)
    return found


def test_what_is_left_is_the_longest_chain_and_the_rest_side_by_side() -> None:
    """By hand: 8 to resize at 10 s each with 4 at a time, then pack for 5 s: 15 + (85 - 15) / 4 = 32.5 s."""
    done = [Spell("resize", "SUCCESS", 0, None, 40, 100) for _ in range(4)]
    rest = [Spell("resize", "PENDING") for _ in range(8)]
    spells = [*done, *rest, Spell("pack", "PENDING")]
    edges = Edges(len(spells), then(*((index, 12) for index in range(12))))
    found = estimate(spells, edges, {"resize": 10.0, "pack": 5.0}, 100)
    assert found is not None
    assert (found.chain, found.work, found.parallelism) == (15, 85, 4)
    assert found.left == pytest.approx(32.5)
    assert found.tasks == {"resize": 80, "pack": 5}
    assert found.unknown == 0


def test_what_runs_already_counts_less_and_never_below_nothing() -> None:
    spells = [Spell("t", "STARTED", 0, None, 94, None), Spell("t", "STARTED", 0, None, 10, None)]
    found = estimate(spells, Edges(2, []), {"t": 10.0}, 100)
    assert found is not None
    assert found.work == 4


def test_without_history_or_anything_at_work_nothing_is_estimated() -> None:
    running, waiting = Spell("t", "STARTED", 0, None, 90, None), Spell("u", "PENDING")
    assert estimate([running, waiting], Edges(2, []), {}, 100) is None
    assert estimate([waiting], Edges(1, []), {"u": 1.0}, 100) is None
    assert estimate([ran(0, 1, 2)], Edges(1, []), {"shop.pay": 1.0}, 100) is None
    found = estimate([running, waiting], Edges(2, []), {"t": 30.0}, 100)
    assert found is not None
    assert found.unknown == 1


def test_what_a_plan_says_is_done_is_over_and_on_no_path():
    given = Spell("t", "SUCCESS", finished=5.0, given=True)
    spells = [given, given, Spell("t", "SUCCESS", 6.0, None, 7.0, 9.0)]
    edges = Edges(3, [(0, 1, "then"), (1, 2, "then")])
    settled = settle(spells, edges)
    assert settled.ended == [5.0, 5.0, 9.0]
    assert [tuple(step) for step in critical_path(spells, settled)] == [(2, 5.0, 6.0, 7.0, 9.0)]
    assert critical_path([given], settle([given], Edges(1, []))) == []
