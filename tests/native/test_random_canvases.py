"""Random canvases, run by real Celery workers, against what Umbel makes of them."""

import os
import time
from collections import Counter
from typing import Any

import drawing
import shapes
from judging import judge_drawing, judge_times

from umbel.engine.canvas import to_dag

COUNT = int(os.environ.get("NATIVE_CANVASES", "300"))
FIRST = int(os.environ.get("NATIVE_SEED", "0"))
BATCH = 50


def test_random_canvases_run_as_their_graphs_say(native, eventually, count):
    seeds, start = range(FIRST, FIRST + COUNT), time.monotonic()
    for first in range(0, COUNT, BATCH):
        native.send(seeds[first : first + BATCH], lambda seed: shapes.canvas(native.task, seed))
    eventually(native.settled, 280, "all calls")
    native.read()

    verdicts, problems = Counter(), []
    for seed in seeds:
        try:
            verdicts[judge(seed, native)] += 1
        except AssertionError as problem:
            problems.append(f"canvas {seed}, {shapes.canvas(native.task, seed)!r}: {problem}")

    agreed, tasks = verdicts.pop("", 0), sum(map(len, native.calls.values()))
    wrong = ", ".join(f"{number} by {fault}" for fault, number in sorted(verdicts.items())) or "none"
    took = f"{tasks} calls in {time.monotonic() - start:.0f} s"
    count(f"{COUNT} random canvases: {agreed} agreed, native Celery got wrong {wrong}; {took}")
    assert not problems, f"{len(problems)} differ:\n" + "\n".join(problems[:10])


def judge(seed: int, native: Any) -> str:
    """Return the fault by which the native run differs from the graph, or nothing."""
    canvas, calls = shapes.canvas(native.task, seed), native.calls[seed]
    dag = to_dag(canvas)
    right = drawing.by_tag(dag)
    assert {call["tag"] for call in calls} == set(right), "other tasks ran"
    repeats, reverses = shapes.repeats_tasks(canvas), shapes.reverses_groups(canvas)

    fault = ""
    for call in calls:
        if call["text"] != right[call["tag"]]:
            ours, theirs = shapes.parse(right[call["tag"]]), shapes.parse(call["text"])
            excused = shapes.matches(theirs, ours, any_order=reverses, any_member=repeats)
            assert excused, f"{call['text']} natively, {right[call['tag']]} by the graph"
            reordered = shapes.matches(theirs, ours, any_order=reverses, any_member=False)
            fault = fault if fault == "W1" else "W2" if reordered else "W1"
    if len(calls) != len(right):
        assert repeats, f"{len(calls)} calls of {len(right)} tasks"
        fault = "W1"
    else:
        stored = native.stored(call["id"] for call in calls)
        assert stored == [("SUCCESS", call["text"]) for call in calls], "other results are stored"
        judge_times(calls, dag)
    judge_drawing(native.messages[seed], calls, dag, fault)
    return fault
