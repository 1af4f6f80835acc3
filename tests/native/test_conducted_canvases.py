"""Random canvases, conducted on real workers that know nothing of Umbel: never anything but what is right."""

import os
import time
from collections import Counter
from typing import Any

import pytest
import shapes
from judging import judge_times
from right import callers, faults, right

from umbel.engine.canvas import to_dag
from umbel.engine.store import reads

COUNT = int(os.environ.get("NATIVE_CONDUCTED", "300"))
FIRST = int(os.environ.get("NATIVE_SEED", "2000000"))  # seeds that the other tests do not use

pytestmark = pytest.mark.filterwarnings("ignore:task_allow_error_cb_on_chord_header")


def test_random_canvases_come_to_what_is_right_with_and_without_a_failing_task(conducted: Any, count: Any):
    def made(seed: int) -> Any:
        return shapes.with_errbacks(conducted.task, seed, every=2)

    seeds, start = range(FIRST, FIRST + COUNT), time.monotonic()
    conducted.send(seeds, made)
    sent = time.monotonic() - start
    hanging = conducted.settle()
    ended = time.monotonic() - start
    conducted.read()

    problems, states = [], Counter()
    for seed in seeds:
        dag = to_dag(made(seed))
        expected, shown = right(dag), conducted.shown(seed, hangs=seed in hanging)
        if found := faults(shown, expected):
            problems.append(f"canvas {seed}: {sorted(found)}")
            continue
        try:
            judge_times([call for call in shown.calls if call["tag"] in expected.texts], dag)
            assert callers(shown) == expected.called, "error callbacks of other tasks"
            states += judge_states(conducted, seed, expected)
        except AssertionError as problem:
            problems.append(f"canvas {seed}: {problem}")
    tasks = sum(map(len, conducted.calls.values()))
    count(
        f"{COUNT} conducted canvases, {dict(states)}, {len(problems)} wrong; "
        f"sent in {sent:.1f} s, {tasks} calls in {ended:.1f} s"
    )
    assert not problems, f"{len(problems)} differ:\n" + "\n".join(problems[:10])


def judge_states(conducted: Any, seed: int, expected: Any) -> Counter[str]:
    """Return how many tasks of a run ended in which state, all of them the right one."""
    run = conducted.runs[seed].id
    assert reads.run(conducted.store, run)["state"] == ("FAILURE" if expected.fails else "SUCCESS")
    tags = conducted.tags(seed)
    ended: dict[str, str] = {}
    callbacks = Counter[str]()
    for row in reads.nodes(conducted.store, run)["nodes"]:
        if (tag := tags[row["id"]]).endswith(".e"):
            callbacks[row["state"]] += 1
            assert (row["state"], row["reason"]) in (("SUCCESS", None), ("SKIPPED", "unneeded")), row
        else:
            ended[tag] = row["state"]
    failing = {call["tag"] for call in conducted.calls[seed] if call["failed"]}
    right_states = dict.fromkeys(expected.blocked, "BLOCKED")
    right_states |= {tag: "FAILURE" if tag in failing else "SUCCESS" for tag in expected.texts}
    assert ended == right_states
    assert callbacks["SUCCESS"] == expected.called.total()
    return Counter(ended.values())
