"""What waits to be told is merged without hiding a hole."""

from typing import Any

from changed import read_changes
from hypothesis import given
from hypothesis import strategies as st

from umbel.webui.changes import spell
from umbel.webui.deltas import DELTA_SECONDS, LIST_SECONDS, Deltas


def _run(seq: int, *indices: int, id: str = "r", state: int = 3) -> dict[str, Any]:
    return {"id": id, "seq": seq, "changes": [[index, state, None, None, 0] for index in indices]}


def test_the_first_delta_waits_for_nothing() -> None:
    deltas = Deltas()
    deltas.add(_run(1, 0), watched=True)
    assert deltas.next_due(10.0) == 0
    [delta] = deltas.take(10.0)
    assert (delta["from"], delta["seq"], delta["changes"]) == (1, 1, spell([[0, 3, None, None, 0]]))


def test_what_follows_closely_is_merged_and_told_later() -> None:
    deltas = Deltas()
    deltas.add(_run(1, 0), watched=True)
    deltas.take(10.0)
    deltas.add(_run(2, 0, 1), watched=True)
    deltas.add(_run(3, 0, state=5), watched=True)

    assert deltas.take(10.0 + DELTA_SECONDS / 2) == []
    [delta] = deltas.take(10.0 + DELTA_SECONDS)

    assert (delta["from"], delta["seq"]) == (2, 3)
    assert delta["changes"] == spell([[0, 5, None, None, 0], [1, 3, None, None, 0]])
    assert deltas.take(99.0) == []


def test_runs_that_have_become_part_of_others_are_told_once_and_nothing_else_of_them() -> None:
    deltas = Deltas()
    deltas.add(_run(1, 0), watched=True)
    deltas.forget({"r": "whole"})
    assert deltas.next_due(10.0) == 0
    assert deltas.take_gone() == {"r": "whole"}
    assert (deltas.take(10.0), deltas.take_list(10.0), deltas.take_gone()) == ([], [], {})
    assert deltas.next_due(10.0) is None


def test_a_hole_between_messages_stays_visible() -> None:
    deltas = Deltas()
    deltas.add(_run(1, 0), watched=True)
    deltas.add(_run(5, 1), watched=True)
    [delta] = deltas.take(10.0)
    assert (delta["from"], delta["seq"], delta["changes"]) == (5, 5, spell([[1, 3, None, None, 0]]))


def test_one_busy_run_does_not_hold_another_up() -> None:
    deltas = Deltas()
    deltas.add(_run(1, 0), watched=True)
    deltas.take(10.0)
    deltas.add(_run(2, 0), watched=True)
    deltas.add(_run(1, 0, id="other"), watched=True)
    assert [delta["id"] for delta in deltas.take(10.01)] == ["other"]


def test_a_run_that_nobody_watches_is_only_summed_up() -> None:
    deltas = Deltas()
    deltas.add(_run(1, 0), watched=False)
    assert deltas.take(10.0) == []
    assert deltas.take_list(10.0) == [{"id": "r", "seq": 1}]


def test_the_list_is_told_of_the_last_of_each_run_now_and_then() -> None:
    deltas = Deltas()
    deltas.add(_run(1, 0), watched=False)
    deltas.take_list(10.0)
    deltas.add(_run(2, 0), watched=False)
    deltas.add(_run(3, 0), watched=False)
    assert deltas.take_list(10.01) == []
    assert deltas.next_due(10.01) is not None
    assert deltas.take_list(10.0 + LIST_SECONDS) == [{"id": "r", "seq": 3}]


def test_what_is_null_or_empty_of_a_run_is_left_out() -> None:
    deltas = Deltas()
    members = {
        "name": "shop",
        "state": "RUNNING",
        "started": 5.0,
        "finished": None,
        "waits": {},
        "paused": None,
    }
    deltas.add(_run(1) | members, watched=True)
    [delta] = deltas.take(10.0)
    assert delta == {"id": "r", "from": 1, "seq": 1, "state": "RUNNING", "started": 5.0, "changes": ""}


def test_nothing_is_due_when_nothing_waits() -> None:
    assert Deltas().next_due(10.0) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(3, 6), st.booleans()), max_size=60))
def test_who_applies_every_delta_knows_what_who_saw_every_message_knows(
    steps: list[tuple[int, int, bool]],
) -> None:
    deltas, truth, shown, last = Deltas(), {}, {}, 0
    for seq, (index, state, look) in enumerate(steps, start=1):
        truth[index] = state
        deltas.add(_run(seq, index, state=state), watched=True)
        for delta in deltas.take(float(seq)) if look else []:
            assert delta["from"] == last + 1
            last = delta["seq"]
            shown |= {change[0]: change[1] for change in read_changes(delta["changes"])}
    for delta in deltas.take(1e9):
        assert delta["from"] == last + 1
        shown |= {change[0]: change[1] for change in read_changes(delta["changes"])}
    assert shown == truth
