"""The times of a run: what decided how long it took, and how long it may still take."""

import time
from collections.abc import Collection, Mapping
from typing import Any

from ...engine import timeline as times
from ...engine.remembered import Remembered
from ...engine.store import reads as run_reads
from ...engine.store import spells as reads
from .openapi import describe
from .routes import blueprint, present, store
from .shapes import Timeline

REMEMBERED = 32  # timelines that are kept
NEVER = reads.Past(0.0, 0)
LIVE = ("PENDING", "RUNNING")
TOLD = 3  # tasks that an estimate names
LASTING = 20.0  # seconds that what is known of tasks is not looked for again
TASKS = 1_000  # of which that is kept


@blueprint.get("/runs/<run_id>/timeline")
@describe(Timeline)
def timeline(run_id: str) -> dict[str, Any]:
    """Tell which tasks decided how long a run took, and estimate the end of one that goes on."""
    run = present(run_reads.run(store(), run_id), run_id)
    source = f"{store().engine.url} {run_id} {run['created']} {run['seq']}"
    if not (found := _memory.get(source)):
        found = _memory.put(source, _timeline(present(reads.spells(store(), run_id), run_id)))
    return found


def _timeline(found: reads.Spells) -> dict[str, Any]:
    edges = times.Edges(len(found.spells), found.edges)
    settled = times.settle(found.spells, edges)
    origin = times.began(found.spells)
    path = times.critical_path(found.spells, settled)
    return {
        "run": found.run["id"],
        "seq": found.run["seq"],
        "began": origin,
        "settled": [
            [index, _ms(origin, at)]
            for index, (spell, at) in enumerate(zip(found.spells, settled.ended, strict=True))
            if spell.task is not None and (spell.finished is None or spell.given) and at is not None
        ],
        "path": [[step.idx, *(_ms(origin, at) for at in step[1:])] for step in path],
        "estimate": _estimate(found, edges) if _is_going_on(found.run) else None,
    }


def _ms(origin: float | None, at: float | None) -> int | None:
    return None if at is None or origin is None else round((at - origin) * 1000)


def _is_going_on(run: Mapping[str, Any]) -> bool:
    return run["state"] in LIVE and run["paused"] is None and run["cancelled"] is None


def _estimate(found: reads.Spells, edges: times.Edges) -> dict[str, Any] | None:
    wanted = {
        spell.task for spell in found.spells if spell.task is not None and spell.state not in times.OVER
    }
    now = time.time()
    past = _past(wanted, now)
    made = times.estimate(found.spells, edges, {task: each.median for task, each in past.items()}, now)
    if made is None:
        return None
    most = sorted(made.tasks, key=lambda task: made.tasks[task], reverse=True)[:TOLD]
    return {
        "at": now,
        "left": made.left,
        "work": made.work,
        "chain": made.chain,
        "parallelism": made.parallelism,
        "unknown": made.unknown,
        "tasks": [[task, past[task].times, past[task].median] for task in most],
    }


def _past(tasks: Collection[str], now: float) -> dict[str, reads.Past]:
    keys = {task: f"{store().engine.url} {now // LASTING} {task}" for task in tasks}
    known = {task: found for task, key in keys.items() if (found := _history.get(key))}
    fresh = reads.past(store(), keys.keys() - known.keys())
    for task in keys.keys() - known.keys():
        known[task] = _history.put(keys[task], fresh.get(task, NEVER))
    return {task: found for task, found in known.items() if found.times}


_memory = Remembered[dict[str, Any]](REMEMBERED)
_history = Remembered[reads.Past](TASKS)
