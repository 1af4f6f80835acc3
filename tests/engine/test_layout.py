"""Layout and pictures: right, in time, out of the way, and closed to hostile names."""

import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import pytest

from umbel.engine import dot, layout
from umbel.engine.dag import Dag, Node
from umbel.engine.errors import LayoutError

CHAIN = [("a", 200, 52), ("j", 12, 12), ("b", 200, 52)]
HOSTILE = [
    '</b><script>alert("1")</script>.x',
    '"]; evil [URL="javascript:alert(1)"',
    "&lt;i&gt;.&#x1;",
    "]]>.<!-- --",
    "\\N.\\G%n\\",
    "nul\x00.bell\x07.half\ud800",
    "right\u202eleft",
    "",
    " . ",
    "x" * 100_000,
]


@pytest.fixture
def dense() -> dict[str, Any]:
    """A graph that takes Graphviz many seconds."""
    choose = random.Random(1)
    edges = [tuple(sorted(choose.sample(range(400), 2))) for _ in range(3100)]
    return {"nodes": [(number, 200, 52) for number in range(400)], "edges": edges}


def chord(width: int) -> dict[str, Any]:
    """Return one task, ``width`` after it, and one after these."""
    nodes = [("first", *layout.CARD), *((n, *layout.CARD) for n in range(width)), ("last", *layout.CARD)]
    return {"nodes": nodes, "edges": [e for n in range(width) for e in (("first", n), (n, "last"))]}


def test_parents_stand_left_of_their_children_and_edges_lead_from_one_to_the_other() -> None:
    placed = layout.place(CHAIN, [("j", "b"), ("a", "j")])
    (ax, ay), (jx, jy), (bx, by) = (placed.positions[name] for name in "ajb")
    assert ax + 100 < jx - 6 < jx + 6 < bx - 100
    assert ay == jy == by == 26
    assert (placed.width, placed.height) == (bx + 100, 52)
    assert all(re.fullmatch(r"M[\d.]+,[\d.]+ C[\d., ]+", path) for path in placed.paths)
    start, end = (float(placed.paths[0].split()[at].strip("MC").split(",")[0]) for at in (0, -1))
    assert start == pytest.approx(jx + 6, abs=1)
    assert end == pytest.approx(bx - 100, abs=1)


def test_y_grows_downwards_and_the_first_stands_on_top() -> None:
    placed = layout.place(**chord(3))
    assert placed.positions[0][1] < placed.positions[1][1] < placed.positions[2][1] < placed.height


def test_cards_do_not_overlap_in_a_chord_of_500() -> None:
    placed = layout.place(**chord(500))
    centres = list(placed.positions.values())
    assert all(abs(x - u) >= 200 or abs(y - v) >= 52 for (x, y), (u, v) in combinations(centres, 2))
    assert len(placed.paths) == 1000


def test_up_to_24_members_stand_in_one_column() -> None:
    placed = layout.place(**chord(24))
    assert not placed.blocks
    assert len({placed.positions[n][0] for n in range(24)}) == 1


def test_many_lone_tasks_stand_in_rows_and_columns() -> None:
    placed = layout.place([(number, 200, 52) for number in range(300)], [])
    assert len(set(placed.positions.values())) == 300
    assert placed.height < placed.width < 3 * placed.height
    assert placed.positions[0] < placed.positions[1]


def test_the_members_of_a_wide_chord_stand_in_a_block_that_the_edges_lead_to() -> None:
    placed = layout.place(**chord(300))
    (left, top, width, height), members = placed.blocks[0], [placed.positions[n] for n in range(300)]
    assert all(left < x - 100 and x + 100 < left + width for x, _ in members)
    assert all(top < y - 26 and y + 26 < top + height for _, y in members)
    assert len(set(placed.paths)) == len(placed.paths) / 300
    assert height < placed.height + 1 < 3 * width


def test_an_empty_graph_has_no_size() -> None:
    assert layout.place([], []) == layout.Layout(0, 0, {}, [])


def test_the_same_structure_is_laid_out_once_whatever_its_nodes_are_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = layout.place(**chord(4))
    monkeypatch.delattr(dot, "turn")
    renamed = {"first": "A", "last": "Z"}
    nodes = [(renamed.get(name, name), w, h) for name, w, h in chord(4)["nodes"]]
    edges = [(renamed.get(p, p), renamed.get(c, c)) for p, c in chord(4)["edges"]]
    again = layout.place(nodes, edges)
    assert again.paths == first.paths
    assert again.positions["A"] == first.positions["first"]


def test_the_child_is_killed_at_the_deadline_and_the_next_call_has_another(dense: dict[str, Any]) -> None:
    before = time.monotonic()
    with pytest.raises(layout.DeadlineError, match=r"not done after 0.5 s"):
        layout.place(**dense, deadline=0.5)
    assert time.monotonic() - before < 5
    assert layout.place(**chord(5)).paths


def test_other_threads_go_on_during_a_long_layout(dense: dict[str, Any]) -> None:
    gaps = [0.0]
    done = threading.Event()

    def tick() -> None:
        last = time.monotonic()
        while not done.wait(0.001):
            now = time.monotonic()
            gaps.append(now - last)
            last = now

    ticker = threading.Thread(target=tick)
    ticker.start()
    with pytest.raises(layout.DeadlineError):
        layout.place(**dense, deadline=1)
    done.set()
    ticker.join()
    assert len(gaps) > 50
    assert max(gaps) < 0.5


def test_threads_take_turns_and_waiting_counts_towards_the_deadline(dense: dict[str, Any]) -> None:
    errors: list[BaseException] = []

    def place() -> None:
        try:
            layout.place(**dense, deadline=0.5)
        except layout.DeadlineError as error:
            errors.append(error)

    threads = [threading.Thread(target=place) for _ in range(4)]
    before = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 4
    assert time.monotonic() - before < 10


def test_a_child_that_was_killed_is_replaced() -> None:
    layout.place(**chord(6))
    assert dot._process
    dot._process.send_signal(signal.SIGKILL)
    dot._process.wait()
    assert layout.place(**chord(7)).paths


def test_the_child_ends_with_its_owner(eventually: Callable[..., Any]) -> None:
    code = (
        "import os, signal\nfrom umbel.engine import dot, layout\nlayout.place([(1, 9, 9)], [])\n"
        "print(dot._process.pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    stat = f"/proc/{int(done.stdout)}/stat"

    def gone() -> bool:
        try:
            with open(stat) as lines:
                return lines.read().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    eventually(gone, 5, "the child gone")


def test_the_terminal_stays_clean() -> None:
    code = "from umbel.engine import layout\nlayout.place([(1, 9, 9)], [])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.fixture
def hostile() -> Dag:
    """A graph of tasks whose names try to get out of their labels."""
    nodes = [Node(id=f'"{number}:<&', task=name) for number, name in enumerate(HOSTILE)]
    join = Node(id="j", task=None)
    edges = [(node.id, "j", "then") for node in nodes]
    return Dag(
        [*nodes, join, Node(id="e", task="a.b")], [*edges, ("j", "e", "error"), (nodes[0].id, "e", "link")]
    )


def test_hostile_names_are_shown_as_text_and_nothing_else(hostile: Dag) -> None:
    drawn = layout.render(hostile, "svg").decode()
    texts = [element.text or "" for element in ElementTree.fromstring(drawn).iter() if "text" in element.tag]
    assert '</b><script>alert("1")</script>' in texts
    assert ']; evil [URL="javascript:alert(1)"' in "".join(texts)
    assert "&lt;i&gt;" in texts
    assert "&#x1;" in texts
    assert "\\G%n\\" in texts
    assert "\u202e" not in drawn
    assert not re.search(r"<script|<a[ >]|href=\"(?!http://www.w3.org)|\son\w+=|style=", drawn)
    assert max(map(len, texts)) == 40


@pytest.mark.parametrize(("form", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_pictures_come_in_each_format(hostile: Dag, form: str, magic: bytes) -> None:
    assert layout.render(hostile, form).startswith(magic)
    assert layout.render(Dag([]), form).startswith(magic)


def test_dot_is_the_source_with_edges_drawn_by_their_kind() -> None:
    names = ["p.first", None, "p.then", "p.linked", "p.failed"]
    edges = [("0", "1", "then"), ("1", "2", "then"), ("0", "3", "link"), ("0", "4", "error")]
    source = layout.render(Dag([Node(id=str(n), task=t) for n, t in enumerate(names)], edges), "dot").decode()
    assert "n1 -> n2\n" in source
    assert "n0 -> n3 [style=dashed]" in source
    assert re.search(r"n0 -> n4 \[color=\S+ style=dashed\]", source)
    assert re.search(r"n1 \[.*shape=point", source)
    assert "<B>first</B><BR/><FONT" in source


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(LayoutError, match="dot, svg, png, pdf"):
        layout.render(Dag([]), "exe")
