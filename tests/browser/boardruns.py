"""Pages with many small runs in every column of the board, written into a database as a conductor would."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from largeruns import node_row, pages
from sqlalchemy import insert

from umbel.engine import store
from umbel.engine.store import bulks, models
from umbel.engine.store.filters import RunFilters
from umbel.engine.store.words import save_words

HOSTILE = "<img src=x onerror='window.owned = 1'>\u202e"
NAMES = ("shop.orders.import_orders", "shop.prices.update", "media.video.encode", "reports.nightly.build")
ERRORS = (
    "ValueError('no price for article {n}')",
    "ConnectionError('shop.example: timed out')",
    "KeyError('vat')",
)


@contextmanager
def serving(
    folder: Path, eventually: Callable[..., Any], *, failed: int = 8, succeeded: int = 120, more: bool = True
) -> Iterator[str]:
    """Serve ``failed`` runs of three errors, as many ``succeeded``, and a few of all else."""
    database = f"sqlite:///{folder / 'umbel.db'}"
    store.upgrade(database)
    opened = store.open_store(database)
    write = _Writer(opened)
    for n in range(succeeded):
        write(f"good-{n:05}", "SUCCESS", {"SUCCESS": 12})
    if more:
        write(
            "old",
            "FAILURE",
            {"SUCCESS": 20, "FAILURE": 1, "BLOCKED": 3},
            error=ERRORS[2],
            resolved_by="mended",
        )
        write("mended", "SUCCESS", {"SUCCESS": 24}, made_from="old", lineage="old")
        write(
            "stopped", "REVOKED", {"SUCCESS": 2, "REVOKED": 6}, cancelled_at=time.time(), cancelled_by="ada"
        )
    for n in range(failed):
        error = ERRORS[0 if n % 4 < 2 else n % 4 - 1].format(n=n)
        write(f"bad-{n:05}", "FAILURE", {"SUCCESS": 30 + n, "FAILURE": 1 + n % 3, "BLOCKED": 4}, error=error)
    if more:
        write(
            "again",
            "FAILURE",
            {"SUCCESS": 33, "FAILURE": 1},
            error=ERRORS[1],
            made_from="bad-00000",
            lineage="bad-00000",
        )
        write(
            "going",
            "RUNNING",
            {"SUCCESS": 9, "STARTED": 2, "SENT": 4, "PENDING": 40},
            kind="conducted",
            by="ada (10.0.0.7)",
        )
        write(
            "paused",
            "RUNNING",
            {"SUCCESS": 3, "PENDING": 9},
            kind="conducted",
            paused_at=time.time(),
            paused_by="grace",
        )
        write("fresh", "PENDING", {"PENDING": 5}, kind="conducted", by=HOSTILE, name=HOSTILE * 20)
        _resubmit(opened)
    opened.close()
    with pages(database, eventually) as url:
        yield url


def _resubmit(opened: store.Store) -> None:
    """Write a bulk of which every outcome is there, and one that goes on, though nobody conducts it."""
    chosen = [bulks.Chosen(f"bad-{n:05}", 1) for n in range(6)]
    outcomes: list[tuple[str, str | None, str | None]] = [
        ("resubmitted", "again", None),
        ("resubmitted", "going", None),
        ("changed", None, "Tasks of it have changed since it was chosen, or it was resubmitted."),
        ("refused", None, "It is not known exactly what to send again: shop.pay: its arguments are masked."),
    ]
    with opened.write() as connection:
        for bulk, at in (("over", time.time() - 4_000), ("goes-on", time.time() - 60)):
            why = "The price service is back" if bulk == "over" else None
            begun = bulks.Begun(bulk, at, "ada (10.0.0.7)", why, RunFilters(error="KeyError: vat"))
            bulks.begin(connection, begun, chosen)
            items = bulks.next_of(connection, bulk, len(outcomes))
            settled = zip(items, outcomes, strict=True)
            bulks.settle(connection, [bulks.Outcome(item, *outcome) for item, outcome in settled])
        bulks.stop(connection, "over", time.time() - 3_900, "grace (10.0.0.8)", None)
        connection.execute(insert(models.Action), list(_deeds()))


def _deeds() -> Iterator[dict[str, Any]]:
    """Yield what people did to runs, after what is told of bulks."""
    counts = {"run": 5, "reuse": 30, "left": 0}
    deeds: list[tuple[str, str, dict[str, Any], str | None]] = [
        ("paused", "pause", {}, None),
        *(
            (f"bad-{n:05}", "resubmit", {"as": f"new-{n}", "counts": counts, "bulk": "over"}, None)
            for n in range(3)
        ),
        ("bad-00000", "resubmit", {"as": "again", "counts": counts}, "<b>The</b> price service is back"),
        ("going", "amend", {"hold": ["a", "b"], "edits": ["c"], "touched": 3}, None),
        ("stopped", "cancel", {"terminate": True, "count": 6}, "wrong month"),
    ]
    for run, what, detail, why in deeds:
        row = {"run_id": run, "at": time.time() - 50, "by": "ada (10.0.0.7)", "what": what, "why": why}
        yield row | {"detail": json.dumps(detail)}


class _Writer:
    """Writes runs, each a little younger than the one before."""

    def __init__(self, opened: store.Store) -> None:
        self.store = opened
        self.number = 0
        self.began = time.time() - 40_000

    def __call__(
        self, run_id: str, state: str, counts: dict[str, int], error: str | None = None, **columns: Any
    ) -> None:
        self.number += 1
        at = self.began + self.number * 3
        over = state in ("SUCCESS", "FAILURE", "REVOKED")
        title = NAMES[self.number % len(NAMES)]
        run = {
            "number": self.number,
            "id": run_id,
            "kind": "native",
            "name": title,
            "folded": title,
            "state": state,
        }
        run |= {
            "created": at,
            "started": None if state == "PENDING" else at + 1,
            "finished": at + 90 if over else None,
        }
        run |= {"seq": 1, "structure": 1, "size": sum(counts.values()), "counts": json.dumps(counts)}
        with self.store.write() as connection:
            connection.execute(insert(models.Run), run | columns)
            if state == "FAILURE":
                connection.execute(insert(models.Node), self._nodes(run_id, title, counts))
            if error:
                save_words(connection, {self.number: {("error", error), ("task", title)}})

    def _nodes(self, run: str, task: str, counts: dict[str, int]) -> list[dict[str, Any]]:
        """Return tasks beside each other, in these states, with results where they succeeded."""
        states = [state for state, count in counts.items() for _ in range(count)]
        rows = [node_row(self.number, run, index, task, state) for index, state in enumerate(states)]
        return [row | ({"result": '{"json":1}'} if row["state"] == "SUCCESS" else {}) for row in rows]
