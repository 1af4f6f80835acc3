"""The failures of a run, by both databases."""

import pytest

from umbel.engine.dag import Node
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Announced, Outcome, Run, Seen
from umbel.engine.store.failures import failures

TRACEBACK = 'Traceback:\n  File "/app/shop.py", line {line}, in resize\n    open(name)\n'


@pytest.fixture
def pictures(keep):
    """Sixty tasks of which twelve fail, ten of them because of their format."""
    specs = [
        Node(
            id=f"n{number}",
            task="shop.resize",
            args=[number],
            kwargs={"format": "tiff" if number < 10 else "png"},
        )
        for number in range(60)
    ]
    run = Run(id="r", number=1, created=1.0)
    keep(run, Announced(1.0, [*specs, Node(id="join", task=None)], []))
    seen = []
    for number in range(60):
        line = 7 if number < 10 else 9
        before = "x" * 9000 + "\n" if number == 3 else ""  # it is kept apart: its end tells
        traceback = before + TRACEBACK.format(line=line)
        failed = Outcome(exception=f"OSError('picture {number}')", traceback=traceback)
        if number < 12:
            seen.append(Seen(f"n{number}", Evidence("failed", 10.0 + number, "w1", None, "error"), failed))
        else:
            seen.append(Seen(f"n{number}", Evidence("succeeded", 10.0 + number, f"w{number % 2}")))
    return keep(run, *seen)


def test_failures_are_told_as_errors_with_what_they_share(store, pictures):
    told = failures(store, "r")
    assert (told["failed"], told["looked_at"], told["succeeded"], told["compared"]) == (12, 12, 48, 48)
    assert told["distinct"] == 2
    tiff, other = told["clusters"]
    assert (tiff["type"], tiff["message"], tiff["count"]) == ("OSError", "picture #", 10)
    assert tiff["frame"] == {"file": "/app/shop.py", "function": "resize", "line": 7}
    assert (tiff["members"], tiff["example"]) == ([[0, 10]], {"index": 0, "id": "n0"})
    assert (tiff["first"], tiff["last"], tiff["tasks"]) == (10.0, 19.0, ["shop.resize"])
    [sign] = [each for each in tiff["shared"] if each["what"] == "argument"]
    assert (sign["name"], sign["value"]) == ("format", "tiff")
    assert (sign["failed"], sign["of_failed"], sign["succeeded"], sign["of_succeeded"]) == (10, 10, 0, 48)
    assert other["members"] == [[10, 2]]
    assert told["shared"][0]["value"] == "tiff"


def test_of_many_some_are_looked_at(store, pictures):
    told = failures(store, "r", failed=6, compared=24)
    assert (told["failed"], told["succeeded"]) == (12, 48)
    assert 1 <= told["looked_at"] <= 6
    assert 1 <= told["compared"] <= 24


def test_a_run_without_failures_has_none(store, keep):
    keep(Run(id="r", number=1, created=1.0), Announced(1.0, [Node(id="a", task="a")], []))
    told = failures(store, "r")
    assert (told["failed"], told["distinct"], told["clusters"], told["shared"]) == (0, 0, [], [])
    assert failures(store, "nope") is None
