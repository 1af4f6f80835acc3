"""Options of signatures: what no message can be made of, and what nobody will heed."""

import json
from typing import Any

import pytest

from umbel.engine.choice import Choice
from umbel.engine.errors import ChoiceError
from umbel.engine.given import DEPTH, SIZE
from umbel.engine.options import faults, misspelt
from umbel.engine.plan import plan
from umbel.engine.planning.past import Past


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"queue": "slow", "priority": 3, "countdown": 1.5, "expires": 60, "delivery_mode": "transient"}, []),
        ({"eta": "2030-01-31T12:00:00Z", "expires": {"__type__": "datetime", "__value__": "2030-01-31"}}, []),
        ({"queue": 3}, ["queue"]),
        ({"priority": True, "time_limit": "1 h"}, ["priority", "time_limit"]),
        ({"eta": "tomorrow", "expires": []}, ["eta", "expires"]),
        ({"countdown": 1e300}, ["countdown"]),
        ({"expires": 1e300}, ["expires"]),
        ({"headers": [1], "compression": "no such"}, ["compression", "headers"]),
        ({"delivery_mode": 3}, ["delivery_mode"]),
    ],
)  # fmt: skip
def test_what_no_message_can_be_made_of_is_said_by_name(options, wrong):
    assert sorted(name for name, _ in faults(options, 2e9)) == wrong


def test_slips_of_the_pen_are_noticed_and_names_of_ones_own_are_not():
    options = {"quue": 1, "coutdown": 1, "time_limits": 1, "tenant": 1, "customer_id": 1, "queue": "q"}
    assert list(misspelt(options)) == [
        ("quue", "queue"),
        ("coutdown", "countdown"),
        ("time_limits", "time_limit"),
    ]
    assert not list(misspelt({"stamped_headers": ["quue"], "quue": 1}))
    many = {f"quue{number}": 1 for number in range(100_000)} | {"q" * 100_000: 1}
    assert len(list(misspelt(many))) <= 50


def test_a_plan_tells_of_options_beside_their_fields():
    past = Past(
        id="r", kind="conducted", open=False, ids=["a"], tasks=["t"], states=["FAILURE"], reasons=["error"],
        edges=[], inputs=["null"],
    )  # fmt: skip
    edits = [
        {"nodes": ["a"], "options": {"priority": "high", "umbel": {"run_wen": "all_done"}}},
        {"nodes": ["a"], "set": {"options": {"quue": "slow", "link": [{}], "expires": "never"}}},
    ]
    made = plan(past, Choice.from_json({"edits": edits}))
    assert {each.field for each in made.problems} == {
        "edits/0/options/priority",
        "edits/0/options/umbel",
        "edits/1/set/options/expires",
    }
    assert [(each.code, each.field) for each in made.warnings] == [
        ("unknown_option", "edits/1/set/options/quue"),
        ("unheeded_option", "edits/1/set/options/link"),
    ]
    assert 'did you mean "queue"?' in made.warnings[0].message


def test_what_no_worker_can_read_is_refused_beside_its_field():
    deep = inner = []
    for _ in range(100_000):
        inner.append([])
        inner = inner[0]
    edits = [
        {"nodes": ["a"], "args": [float("nan")]},
        {"nodes": ["a"], "set": {"kwargs": {"text": "x" * SIZE}}},
    ]
    results = [{"nodes": ["a"], "value": deep}, {"nodes": ["b"]}]
    with pytest.raises(ChoiceError) as refused:
        Choice.from_json({"edits": edits, "results": results, "from": [1], "onyl": []})
    assert [each.field for each in refused.value.problems] == [
        None,
        "from",
        "results/0/value",
        "results/1/value",
        "edits/0/args",
        "edits/1/set/kwargs",
    ]


def test_how_deep_a_value_may_be_does_not_depend_on_who_reads_it():
    def nested(levels: int) -> Any:
        return json.loads("[" * levels + "1" + "]" * levels)

    twice: list[Any] = []
    twice += [twice, twice]
    assert Choice.from_json({"results": [{"nodes": ["a"], "value": nested(DEPTH)}]}).results
    for value in (nested(DEPTH + 1), {"a": nested(DEPTH)}, twice):
        with pytest.raises(ChoiceError) as refused:
            Choice.from_json({"edits": [{"nodes": ["a"], "kwargs": {"a": 1}, "args": [value]}]})
        assert [each.field for each in refused.value.problems] == ["edits/0/args"]


@pytest.mark.parametrize("part", [{"value": "x" * 900_000}, {"args": ["x" * 900_000]}])
def test_what_would_not_fit_into_memory_as_each_task_has_its_own_is_refused(part: dict[str, Any]):
    def choice(count: int) -> Choice:
        given = {"nodes": [f"n{number}" for number in range(count)], **part}
        return Choice.from_json({"results" if "value" in part else "edits": [given]})

    assert choice(50).to_json()
    with pytest.raises(ChoiceError, match="to all tasks together; 67,108,864 are the most"):
        choice(10_000)


def test_what_says_the_same_is_spelled_the_same():
    one = Choice.from_json({"from": ["b", "a", "b"], "only": [], "edits": None})
    assert one == Choice.from_json({"failed": False, "from": ["a", "b"]})
    assert one.to_json() == {"from": ["a", "b"]}
    assert Choice.from_json({}).to_json() == Choice.from_json({"failed": True}).to_json() == {"failed": True}
