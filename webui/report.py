"""One run as the command line prints it."""

from collections.abc import Iterator
from typing import Any

from ..engine.store import Store, reads
from .recorded import every_node
from .text import moment, plain, span, table

FAILED = 20  # failures whose exception is printed


def report(store: Store, run: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a run: its summary, its tasks, and what failed."""
    yield from _summary(run)
    nodes = list(every_node(store, run["id"]))
    yield ""
    yield table(("#", "STATE", "TASK", "WORKER", "STARTED", "TOOK", "REASON", "ID"), map(_row, nodes))
    yield from _failures(store, run["id"], nodes)


def _summary(run: dict[str, Any]) -> Iterator[str]:
    counts = ", ".join(f"{number} {state}" for state, number in run["counts"].items() if number)
    resolved = f", resolved by {plain(run['resolved_by'])}" if run["resolved_by"] else ""
    yield f"{plain(run['name'])}  {run['state']}{resolved}"
    yield f"id        {plain(run['id'])} ({run['kind']})"
    yield f"tasks     {run['nodes']}{f': {counts}' if counts else ''}"
    if run["made_from"] is not None:
        left = f", {run['left']} tasks left out" if run["left"] else ""
        yield f"made from {plain(run['made_from'])}{left}"
    yield f"created   {moment(run['created'])}"
    if run["started"] is not None:
        yield f"started   {moment(run['started'])}"
    if run["finished"] is not None:
        took = "" if run["started"] is None else f", after {span(run['finished'] - run['started'])}"
        yield f"finished  {moment(run['finished'])}{took}"


def _row(node: dict[str, Any]) -> tuple[Any, ...]:
    took = node["runtime"]
    if took is None and None not in (node["started"], node["finished"]):
        took = node["finished"] - node["started"]
    times = moment(node["started"]), span(took)
    why = "held" if node["held"] else node["mark"] or node["reason"]
    return node["index"], node["state"], node["task"], node["worker"], *times, why, node["id"]


def _failures(store: Store, run_id: str, nodes: list[dict[str, Any]]) -> Iterator[str]:
    failed = [node for node in nodes if node["state"] == "FAILURE"]
    for node in failed[:FAILED]:
        if detail := reads.node(store, run_id, node["id"]):
            said = detail["exception"] or detail["note"] or detail["reason"] or ""
            yield f"\n#{node['index']} {plain(node['task'])} failed: {plain(_text(said))}"
    if len(failed) > FAILED:
        yield f"\n{len(failed) - FAILED} more tasks failed."


def _text(value: Any) -> Any:
    """Return what a value says, however it is kept."""
    if isinstance(value, dict):
        return value.get("repr", value.get("json", value))
    return value
