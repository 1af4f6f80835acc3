"""What Celery is known to get wrong, canvas by canvas, conducted: each comes to what is right.

The names are those of the table of rules and of the list of faults that it comes from. Two of them cannot be
put right by who conducts, for Celery acts inside a task: what a task replaces itself with is Celery's to run
(W2d), and ``add_to_chord`` has no chord to add to (W8); the task then says so.
"""

import functools
import json
import re
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import celery
import pytest
import symbolic
from conducted import Conducted
from right import callers
from rows import Row, rows
from stage import conducting
from working import working

from umbel.engine import conduct
from umbel.engine.conducting import RunHandle
from umbel.engine.conductor import reaper, term
from umbel.engine.errors import CanvasError
from umbel.engine.store import Store, open_store, reads

FOLDER = Path(__file__).parent
LARGE = 1_200_000  # characters, more than are kept for show
ENDED_BADLY = {"FAILURE", "REVOKED", "SKIPPED"}

# Their annotations know neither lists nor generators.
chain: Any = celery.chain
chord: Any = celery.chord
group: Any = celery.group

pytestmark = pytest.mark.filterwarnings("ignore:task_allow_error_cb_on_chord_header")


class Fault(NamedTuple):
    """A canvas whose tasks go by letters, and what must come of it when an error callback is on the whole."""

    canvas: Callable[[Callable[..., Any]], Any]
    called: str  # the tasks whose error callbacks are called, each once
    states: dict[str, str]  # letters by state; what is not named is SUCCESS
    reason: str | None = None  # of those that are no SUCCESS and not BLOCKED


def _failing(canvas: Callable[[Callable[..., Any]], Any], called: str, failed: str, blocked: str) -> Fault:
    return Fault(canvas, called, {"FAILURE": failed, "BLOCKED": blocked}, "error")


def _unknown(t: Callable[..., Any]) -> Any:
    return t("U", task="nowhere")


FAULTS = {
    "F1 first": _failing(lambda t: chain(t("A!"), group(t("B"), t("C"))), "A", "A", "BC"),
    "F1 then a task": _failing(lambda t: chain(t("A!"), t("B"), group(t("C"), t("D"))), "A", "A", "BCD"),
    "F1 second": _failing(lambda t: chain(t("A"), t("B!"), group(t("C"), t("D"))), "B", "B", "CD"),
    "F1 chord": _failing(
        lambda t: chain(chord([t("A"), t("B!")], t("C")), t("D"), group(t("E"), t("F"))), "C", "B", "CDEF"
    ),
    "F2": _failing(lambda t: group(chain(t("A!"), t("B"), group(t("C"), t("D"))), t("E")), "A", "A", "BCD"),
    "F3": _failing(lambda t: chord([chain(t("A!"), group(t("C"), t("D"))), t("E")], t("F")), "F", "A", "CDF"),
    "F3 then a task": _failing(
        lambda t: chord([chain(t("A!"), t("B"), group(t("C"), t("D"))), t("E")], t("F")), "F", "A", "BCDF"
    ),
    "F4": _failing(
        lambda t: chord([t("A"), chord([t("B!"), t("C")], t("D"))], group(t("E"), t("F"))), "DEF", "B", "DEF"
    ),
    "F4 in a group": _failing(
        lambda t: group(t("A"), chord([t("B"), chord([t("C!"), t("D")], t("E"))], t("F") | t("G"))),
        "EF",
        "C",
        "EFG",
    ),
    "F5": _failing(lambda t: chord([t("A"), chord([t("B!"), t("C")], t("D"))], t("E")), "DE", "B", "DE"),
    "F6 three": _failing(
        lambda t: chain(group(t("A"), t("B!")), group(t("C"), t("D")), t("E")), "E", "B", "CDE"
    ),
    "F6 chain": _failing(
        lambda t: chain(group(t("A!"), t("B")), chord([t("C"), t("D")], t("E"))), "E", "A", "CDE"
    ),
    "F6 chord": _failing(
        lambda t: chord([t("A!"), t("B")], chord([t("C"), t("D")], t("E"))), "E", "A", "CDE"
    ),
    "F7 group": _failing(
        lambda t: chord([t("A", act="replace", by=group(t("x"), t("y!"))), t("B")], t("C")), "C", "A", "C"
    ),
    "F7 chord": _failing(
        lambda t: chord([t("A", act="replace", by=chord([t("x"), t("y!")], t("z"))), t("B")], t("C")),
        "C",
        "A",
        "C",
    ),
    "F8 in a chain": Fault(
        lambda t: chain(t("A"), _unknown(t), t("B")), "U", {"FAILURE": "U", "BLOCKED": "B"}, "unregistered"
    ),
    "F8 in a header": Fault(
        lambda t: chord([t("A"), _unknown(t)], t("C")), "C", {"FAILURE": "U", "BLOCKED": "C"}, "unregistered"
    ),
    "F8 as a body": Fault(
        lambda t: chord([t("A"), t("B")], _unknown(t)), "U", {"FAILURE": "U"}, "unregistered"
    ),
    "F9 expired": Fault(
        lambda t: chain(t("A"), t("B").set(expires=-1), t("C")),
        "B",
        {"REVOKED": "B", "BLOCKED": "C"},
        "expired",
    ),
    "F9 revoked": Fault(
        lambda t: chain(t("A"), t("R", act="nap", seconds=60), t("C")),
        "R",
        {"REVOKED": "R", "BLOCKED": "C"},
        "revoked",
    ),
    "F10 in a header": Fault(
        lambda t: chord([t("A"), t("I", act="ignore"), t("B")], t("C")), "", {"SKIPPED": "IC"}, "ignored"
    ),
    "F10 in a chain": Fault(
        lambda t: chain(t("A"), t("I", act="ignore"), t("B")), "", {"SKIPPED": "IB"}, "ignored"
    ),
    "F10 replaced": Fault(
        lambda t: chain(t("A", act="replace", by=t("x", act="ignore")), t("B")),
        "",
        {"SKIPPED": "AB"},
        "ignored",
    ),
    "F11": Fault(
        lambda t: chord([t("R", act="nap", seconds=60), t("B")], t("C")),
        "C",
        {"REVOKED": "R", "BLOCKED": "C"},
        "revoked",
    ),
    "F12": _failing(lambda t: chord([t("A!"), t("S", act="nap", seconds=4)], t("C")), "C", "A", "C"),
    "F13": Fault(
        lambda t: chord([t("K", act="kill"), t("B")], t("C")), "C", {"FAILURE": "K", "BLOCKED": "C"}, "lost"
    ),
}
RIGHT = {
    "W2e": (
        lambda t: chord((group(t(f"A{i}"), t(f"B{i}")) for i in range(2)), t("Z")),
        "Z([A0(),B0(),A1(),B1()])",
    ),
    "W9": (
        lambda t: chord([t("A") | group(t("N").set(ignore_result=True), t("C")), t("D")], t("E")),
        "E([[N(A()),C(A())],D()])",
    ),
}
NUMBERS = {name: number for number, name in enumerate([*FAULTS, *RIGHT, "W8", "large"], 1000)}
ROWS = rows(symbolic.make_app("memory://").tasks["n"])
TABLE = [number for number, row in enumerate(ROWS) if row.right not in (None, "[]")]  # others run nothing


class World(Conducted):
    """All canvases of this file, conducted."""

    hanging: set[int]
    thrice: dict[str, list[RunHandle]]  # runs of one canvas, by what each must return

    def letters(self, number: int) -> Callable[..., Any]:
        """Return what makes tasks of letters; ``A!`` fails."""

        def t(name: str, task: str = "n", **more: Any) -> Any:
            kwargs = {"tag": f"{number}.{name.rstrip('!')}", **more}
            return self.app.signature(task, kwargs=kwargs | ({"fail": True} if name.endswith("!") else {}))

        return t

    def canvas(self, name: str) -> Any:
        """Return a canvas with an error callback on the whole."""
        t = self.letters(NUMBERS[name])
        found = FAULTS[name].canvas(t) if name in FAULTS else RIGHT[name][0](t)
        found.link_error(t("e"))
        return found

    def row(self, number: int) -> Row:
        """Return a line of the table of rules."""
        return rows(self.task, lambda tag: f"{number}.{tag}")[number]

    def text(self, number: int) -> str:
        """Return what a run returned, spelled with letters."""
        return lettered(number, self.shown(number, hangs=number in self.hanging).returned or "")

    def found(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the nodes of a canvas by letter."""
        number = NUMBERS[name]
        tags, table = self.tags(number), reads.nodes(self.store, self.runs[number].id) or {"nodes": []}
        return {lettered(number, tags[row["id"]]): row for row in table["nodes"] if row["id"] in tags}


def lettered(number: int, text: str) -> str:
    """Return a text without the number of its canvas."""
    return re.sub(rf"\b{number}\.", "", text)


@pytest.fixture(scope="module")
def world(broker, tmp_path_factory, sqlite_template):
    """All canvases have been sent to one worker, and have ended or never will."""
    folder = tmp_path_factory.mktemp("faults")
    url = f"{broker.url.removesuffix('/0')}/1021"
    shutil.copy(sqlite_template, folder / "umbel.db")
    database = f"sqlite:///{folder}/umbel.db"
    worker = working("symbolic", FOLDER, folder / "log", broker=url, results=url, concurrency=4)
    with pytest.MonkeyPatch.context() as patch, worker, closing(_opened(database)) as store:
        # A task that raised Ignore is looked for soon.
        patch.setattr(term, "Reaper", functools.partial(reaper.Reaper, silence=4.0, scan=1.0))
        with conducting(url, database):
            client = World(url, store)
            try:
                _send(client)
                _revoke(client)
                client.hanging = client.settle()
                client.read()
                yield client
            finally:
                client.close()


def _opened(database: str) -> Store:
    return open_store(database, read_only=True)


def _send(world: World) -> None:
    names = {NUMBERS[name]: name for name in [*FAULTS, *RIGHT]}
    world.send(names, lambda number: world.canvas(names[number]))
    world.send(TABLE, lambda number: world.row(number).canvas)
    t = world.letters(NUMBERS["W8"])
    world.send([NUMBERS["W8"]], lambda _: chord([t("A", act="join"), t("B")], t("C")))
    t = world.letters(NUMBERS["large"])
    world.send([NUMBERS["large"]], lambda _: t("A").clone(("x" * LARGE,)) | t("B"))
    t = world.letters(2000)
    pair, fork = t("A") | t("B"), chain(t("A"), chord([t("B"), t("C")], t("D")))
    texts = {"2000.B(2000.A())": pair, "2000.D([2000.B(2000.A()),2000.C(2000.A())])": fork}
    world.thrice = {
        text: [conduct(canvas, app=world.app) for _ in range(3)] for text, canvas in texts.items()
    }


def _revoke(world: World) -> None:
    """Revoke the tasks R when they run."""
    left, deadline = {"F9 revoked", "F11"}, time.monotonic() + 30
    while left and time.monotonic() < deadline:
        for name in list(left):
            row = world.found(name).get("R")
            if row is not None and row["state"] == "STARTED":
                world.app.control.revoke(row["id"], terminate=True)
                left.discard(name)
        time.sleep(0.05)


@pytest.mark.parametrize("number", TABLE, ids=[ROWS[number].rule for number in TABLE])
def test_a_rule_holds_also_where_celery_breaks_it(world: World, number: int) -> None:
    row = world.row(number)
    assert world.text(number) == row.right
    calls = [lettered(number, call["text"]) for call in world.calls[number]]
    assert len(calls) == len(set(calls)), "a task ran twice"
    assert set(row.also) <= set(calls)


@pytest.mark.parametrize("name", RIGHT)
def test_a_fault_that_is_not_in_the_table_does_not_happen(world: World, name: str) -> None:
    assert world.text(NUMBERS[name]) == RIGHT[name][1]


def test_w3_a_canvas_that_runs_again_runs_under_fresh_ids(world: World) -> None:
    for text, runs in world.thrice.items():
        assert [run.result(10) for run in runs] == [text] * 3
        tables = [reads.nodes(world.store, run.id)["nodes"] for run in runs]
        assert len({row["id"] for table in tables for row in table}) == sum(map(len, tables))


def test_w6_a_frozen_signature_that_stands_twice_in_a_header_is_refused(world: World) -> None:
    frozen = world.task.signature(kwargs={"tag": "2001.A"})
    frozen.freeze()
    with pytest.raises(CanvasError, match="it can run only once"):
        conduct(chord([frozen, frozen], world.task.s()), app=world.app)


def test_w8_add_to_chord_is_refused_by_the_task_which_says_so(world: World) -> None:
    found = world.found("W8")
    states = {letter: row["state"] for letter, row in found.items()}
    assert states == {"A": "FAILURE", "B": "SUCCESS", "C": "BLOCKED"}
    detail = reads.node(world.store, world.runs[NUMBERS["W8"]].id, found["A"]["id"])
    assert "not member of any chord" in detail["exception"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_failure_is_told_once_to_whom_it_concerns_and_nothing_hangs(world: World, name: str) -> None:
    fault, number, found = FAULTS[name], NUMBERS[name], world.found(name)
    shown = world.shown(number, hangs=number in world.hanging)
    assert not shown.hangs
    assert shown.returned is None or not {"FAILURE", "REVOKED"} & set(fault.states)
    named = {letter: state for state, letters in fault.states.items() for letter in letters}
    states = {letter: row["state"] for letter, row in found.items() if letter not in "exyz"}
    assert states == dict.fromkeys(states, "SUCCESS") | named
    reasons = {row["reason"] for letter, row in found.items() if states.get(letter) in ENDED_BADLY}
    assert reasons == {fault.reason}
    called = {lettered(number, tag): times for tag, times in callers(shown).items()}
    assert called == dict.fromkeys(fault.called, 1)
    ran = [lettered(number, call["tag"]) for call in shown.calls if not call["tag"].endswith(".e")]
    assert len(ran) == len(set(ran)), "a task ran twice"
    assert not set(ran) & set(fault.states.get("BLOCKED", ""))
    state = reads.run(world.store, world.runs[number].id)["state"]
    assert state == next((bad for bad in ("FAILURE", "REVOKED") if bad in fault.states), "SUCCESS")


def test_f12_a_body_is_blocked_and_told_of_while_the_rest_of_its_header_runs(world: World) -> None:
    found = world.found("F12")
    assert found["e"]["sent"] < found["S"]["finished"]


def test_a_result_that_is_too_large_to_show_is_passed_on_whole(world: World) -> None:
    number, large = NUMBERS["large"], "x" * LARGE
    assert world.text(number) == f"B(A({large}))"
    node = reads.node(world.store, world.runs[number].id, world.found("large")["A"]["id"])
    assert len(json.dumps(node)) < LARGE / 2
