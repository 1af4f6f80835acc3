"""Canvases of any size and depth: time grows as they do, and depth is bound by memory."""

import gc
import time
from typing import Any

import pytest

from umbel.engine.canvas import to_dag, to_python
from umbel.engine.errors import CanvasError


def task(number: int) -> dict[str, Any]:
    return {
        "task": "n",
        "args": [number],
        "kwargs": {},
        "options": {},
        "subtask_type": None,
        "immutable": False,
    }


def composed(kind: str, **kwargs: Any) -> dict[str, Any]:
    return {"task": f"celery.{kind}", "args": [], "kwargs": kwargs, "options": {}, "subtask_type": kind}


def chain(*tasks: Any) -> dict[str, Any]:
    return composed("chain", tasks=list(tasks))


def group(*tasks: Any) -> dict[str, Any]:
    return composed("group", tasks=list(tasks))


def chord(header: list[Any], body: Any) -> dict[str, Any]:
    return composed("chord", header=header, body=body)


WIDE = {
    "chain": lambda size: chain(*map(task, range(size))),
    "chord": lambda size: chord(list(map(task, range(size))), task(-1)),
    "group after group": lambda size: chain(*(group(*map(task, range(size // 2))) for _ in range(2))),
    "chains in a chord": lambda size: chord([chain(task(1), task(2)) for _ in range(size // 2)], task(-1)),
}


@pytest.mark.parametrize("kind", WIDE)
def test_twice_the_tasks_take_about_twice_the_time(kind, request):
    def took(size: int) -> float:
        canvas, start = WIDE[kind](size), time.process_time()
        assert size <= len(to_dag(canvas)) <= size + 2
        return time.process_time() - start

    # The collector goes through all that the process holds, now and then: that is not the canvas's time.
    gc.disable()
    request.addfinalizer(gc.enable)

    took(1000)
    small, large = min(took(5000) for _ in range(3)), min(took(10000) for _ in range(3))
    assert large / small < 4


def test_the_large_ones_take_seconds():
    for kind, size in (("chord", 100_000), ("chain", 100_000), ("group after group", 20_000)):
        canvas, start = WIDE[kind](size), time.process_time()
        dag = to_dag(canvas)
        took = time.process_time() - start
        print(f"{kind} of {size}: {len(dag)} nodes, {dag.graph.number_of_edges()} edges in {took:.1f} s")
        assert dag.graph.number_of_edges() <= size + 1
        assert took < 30


def nested(depth: int, around: Any) -> Any:
    canvas: Any = task(0)
    for _ in range(depth):
        canvas = around(canvas)
    return canvas


@pytest.mark.parametrize(
    ("depth", "around", "tasks"),
    [
        (5000, lambda inner: chain(inner, task(1)), 5001),
        (5000, lambda inner: chain(task(1), inner), 5001),
        (2000, lambda inner: chord([task(1), task(2)], inner), 4001),
        (2000, lambda inner: chord([inner, task(1)], task(2)), 4001),
        (2000, lambda inner: group(inner, task(1)), 2001),
        (2000, lambda inner: {**task(1), "options": {"link": [inner]}}, 2001),
    ],
)
def test_canvases_may_be_nested_deeply(depth, around, tasks):
    dag = to_dag(nested(depth, around))
    assert sum(not node.is_join for node in dag) == tasks


def test_results_may_not_be_nested_in_hundreds_of_lists():
    def around(inner: Any) -> Any:
        return chain(task(1), group(inner, task(2)))

    assert len(to_dag(nested(150, around))) == 301
    with pytest.raises(CanvasError, match="more than 200 lists"):
        to_dag(nested(300, around))


def test_the_source_of_a_deep_canvas_can_be_compiled():
    source = to_python(to_dag(nested(500, lambda inner: chord([inner, task(1)], task(2)))))
    compile(source, "canvas.py", "exec")
