"""The list of runs as the command line prints it."""

from typing import Any

from ..engine.store import Store, reads
from ..engine.store.filters import RunFilters
from .text import moment, span, table

PAGE = 500
DONE = ("SUCCESS", "FAILURE", "REVOKED", "BLOCKED", "SKIPPED")


def listed(store: Store, filters: RunFilters, limit: int) -> dict[str, Any]:
    """Return what ``reads.runs`` tells, over as many pages as ``limit`` takes."""
    whole = reads.runs(store, limit=min(limit, PAGE), filters=filters)
    while whole["next"] is not None and len(whole["runs"]) < limit:
        left = min(limit - len(whole["runs"]), PAGE)
        page = reads.runs(store, limit=left, before=whole["next"], filters=filters)
        whole = {**whole, "runs": whole["runs"] + page["runs"], "next": page["next"]}
    return whole


def shown(whole: dict[str, Any]) -> str:
    """Return the list as text."""
    rows = [_row(run) for run in whole["runs"]]
    lines = [table(("ID", "STATE", "NAME", "DONE", "CREATED", "TOOK"), rows)] if rows else ["No runs."]
    if whole["next"] is not None:
        lines.append("There are more: see --limit.")
    return "\n".join(lines + _singles(whole))


def _row(run: dict[str, Any]) -> tuple[Any, ...]:
    done = sum(run["counts"].get(state, 0) for state in DONE)
    took = None if None in (run["started"], run["finished"]) else run["finished"] - run["started"]
    return run["id"], run["state"], run["name"], f"{done}/{run['nodes']}", moment(run["created"]), span(took)


def _singles(whole: dict[str, Any]) -> list[str]:
    hidden = whole["singles"] - sum(run["single"] for run in whole["runs"])
    if hidden <= 0 or whole["next"] is not None:
        return []
    count = f"{hidden}+" if whole["singles_capped"] else str(hidden)
    return [f"Not listed: runs of one task that nobody announced ({count}). --singles lists them."]
