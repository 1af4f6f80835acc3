"""What of a run its resubmission depends on: all of it in few statements, and no values.

Whether a signature or a result is known exactly is asked of the database, by the same signs as in
:mod:`.originals`, so that hardly any of them is read. A task that was taken over from a run that was watched
has a signature which nobody knew exactly, though the conductor's own are: there ``originals`` decides.
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    null,
    or_,
    select,
)

from ..errors import DagError
from ..evidence import FINAL
from ..planning.past import Past
from ..planning.spawned import spawned
from ..redact import MASK
from ..rules import Rules, RunOptions
from ..run import UNKNOWN, EdgeRow
from ..values import dumps
from .database import Store
from .keeping import EXACT, SIGNATURE
from .models import DISCARDED, Edge, LargeValue, Node, Original, Run
from .originals import CUT, INEXACT
from .rows import find_run

_Row: TypeAlias = Any  # a row, whose columns are attributes

CONDUCTED = "conducted"  # the kind of a run
RULES = "umbel"  # the option that holds a task's own rules
REPRS = {"argsrepr": "args", "kwargsrepr": "kwargs"}  # options of a task of which events alone tell
_UNCLEAR = (MASK, CUT, '"__repr__":')


def past(store: Store, run_id: str) -> Past | None:
    """Return a run as it stands."""
    with store.read() as connection:
        row = find_run(connection, run_id)
        return row and read(connection, row)


def read(connection: Connection, run: _Row) -> Past:
    """Return the run of a row of ``runs`` as it stands."""
    rows = connection.execute(_nodes(connection, run)).all()
    ids, tasks, states, reasons, inputs, conducted, rules, kept, *unclear = _columns(rows)
    edges = cast(Sequence[EdgeRow], connection.execute(_EDGES, {"number": run.number}).all())
    known = _known(connection, run.number) if "SUCCESS" in states else frozenset()
    doubts = _Doubts(connection, run, tasks, unclear)
    options = RunOptions.from_json(json.loads(run.options))
    sent = {idx for idx, each in enumerate(conducted) if each}
    return Past(
        id=run.id,
        kind=run.kind,
        open=any(state not in FINAL and task is not None for state, task in zip(states, tasks, strict=True)),
        ids=ids,
        tasks=tasks,
        states=states,
        reasons=reasons,
        edges=edges,
        inputs=inputs,
        run_when=_run_when(tasks, rules, doubts.rules, options),
        options=options,
        unkept={
            idx
            for idx, (state, task, is_kept) in enumerate(zip(states, tasks, kept, strict=True))
            if state == "SUCCESS" and not is_kept and task is not None and idx not in known
        },
        inexact=doubts.inexact,
        gone=spawned(run.kind, tasks, edges, inferred=doubts.inferred, conducted=sent),
        resubmissions=_resubmissions(connection, run.id),
    )


_EDGES = (
    select(Edge.parent, Edge.child, Edge.kind, Edge.position)
    .where(Edge.run == bindparam("number"))
    .order_by(Edge.parent, Edge.child, Edge.kind, Edge.position)
)


def _nodes(connection: Connection, run: _Row) -> Any:
    own = (Node.id, Node.task, Node.state, Node.reason, Node.inputs, Node.conducted, Node.rules)
    query = select(*own, _is_kept(connection)).where(Node.run == run.number).order_by(Node.idx)
    if run.kind == CONDUCTED and run.made_from is None:
        return query
    is_doubtful = ~Node.conducted
    if run.kind == CONDUCTED:
        is_doubtful = or_(is_doubtful, Node.mark.is_not(None), Node.state == "SKIPPED")
    unclear = [
        case((is_doubtful, _has(connection, column, INEXACT)), else_=false())
        for column in (Node.args, Node.kwargs)
    ]
    wanted = and_(is_doubtful, _has(connection, Node.options, (*INEXACT, f'"{RULES}":')))
    return query.add_columns(*unclear, case((wanted, Node.options), else_=null()))


def _is_kept(connection: Connection) -> ColumnElement[bool]:
    """Return whether what a task returned is known exactly, as far as its row tells."""
    # Less what is around the value, whose size is known.
    is_whole = func.length(Node.result) - len(EXACT) - 1 >= func.coalesce(Node.result_size, 0)
    is_clear = and_(is_whole, ~_has(connection, Node.result, INEXACT))
    is_exact = func.substr(Node.result, 1, len(EXACT)) == EXACT
    return and_(Node.result.is_not(None), is_exact, case((Node.conducted, True), else_=is_clear))


def _has(connection: Connection, column: Any, parts: Iterable[str]) -> ColumnElement[bool]:
    find = func.strpos if connection.dialect.name == "postgresql" else func.instr
    return or_(*(find(column, part) > 0 for part in parts))


def _columns(rows: Sequence[_Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(8)]


def _known(connection: Connection, run: int) -> set[int]:
    """Return the nodes of which all that they returned is kept beside their row."""
    exact = select(Original.idx).where(Original.run == run, Original.field == "result")
    # What is there whole may be how a worker represents it.
    is_exact = func.substr(Node.result, 1, len(EXACT)) == EXACT
    whole = select(LargeValue.idx).where(
        exists().where(Node.run == run, Node.idx == LargeValue.idx, is_exact),
        LargeValue.run == run,
        LargeValue.field == "result",
        LargeValue.kept == LargeValue.size,
        ~_has(connection, LargeValue.value, (MASK,)),
    )
    return set(connection.execute(exact.union(whole)).scalars())


class _Doubts:
    """Of which tasks the signature is not exactly known, and what their options say."""

    def __init__(
        self, connection: Connection, run: _Row, tasks: Sequence[str | None], unclear: list[list[Any]]
    ) -> None:
        self.inexact: dict[int, set[str]] = {}
        self.inferred = {idx for idx, task in enumerate(tasks) if task == UNKNOWN}
        self.rules: dict[int, Any] = {}
        for idx in self.inferred:
            self._doubt(idx, "task")
        if not unclear:
            return
        args, kwargs, options = unclear
        for name, flags in (("args", args), ("kwargs", kwargs)):
            for idx, is_unclear in enumerate(flags):
                if is_unclear and tasks[idx] is not None:
                    self._doubt(idx, name)
        told = {idx: each for idx, each in enumerate(options) if each is not None and tasks[idx] is not None}
        if not told and not self.inexact:
            return
        exact = _exactly(connection, run)
        for idx, name in exact:
            self.inexact.get(idx, set()).discard(name)
        for idx, each in told.items():
            self._read(idx, exact.get((idx, "options")) or each)
        self.inexact = {idx: names for idx, names in self.inexact.items() if names}

    def _read(self, idx: int, spelled: str) -> None:
        options = json.loads(spelled)
        for name in REPRS.keys() & options.keys():
            self.inferred.add(idx)
            self._doubt(idx, REPRS[name])
            del options[name]
        rest = dumps(options)
        if any(mark in rest for mark in _UNCLEAR):
            self._doubt(idx, "options")
        if RULES in options:
            self.rules[idx] = options[RULES]

    def _doubt(self, idx: int, name: str) -> None:
        self.inexact.setdefault(idx, set()).add(name)


def _exactly(connection: Connection, run: _Row) -> dict[tuple[int, str], str]:
    """Return what is known exactly of signatures beside their rows: of options their text."""
    of = Original if run.kind == CONDUCTED else LargeValue
    value = case((of.field == "options", of.value), else_="")
    query = select(of.idx, of.field, value).where(of.run == run.number, of.field.in_(SIGNATURE))
    if of is LargeValue:
        query = query.where(LargeValue.kept == LargeValue.size, ~_has(connection, LargeValue.value, INEXACT))
    return {(idx, field): text for idx, field, text in connection.execute(query)}


def _run_when(
    tasks: Sequence[str | None], rules: Sequence[str | None], own: dict[int, Any], options: RunOptions
) -> dict[int, str]:
    """Return ``run_when`` of what will be conducted, where it is not ``all_success``."""
    found = {idx: named(each) for idx, each in enumerate(rules) if each is not None}
    for idx, each in own.items():
        try:
            made = options.of(tasks[idx] or "", Rules.from_json(each))
        except DagError:
            continue  # the conductor refuses it, and says why
        found[idx] = made and made.run_when
    return {idx: when for idx, when in found.items() if when not in (None, "all_success")}


@lru_cache(maxsize=1024)
def named(rules: str) -> str | None:
    """Return ``run_when`` of rules as they are kept."""
    return Rules.from_json(json.loads(rules)).run_when


def _resubmissions(connection: Connection, run_id: str) -> list[dict[str, Any]]:
    """Return the runs that were made of a run already, the first of them first."""
    query = (
        select(Run.id.label("run"), Run.created.label("at"), Run.by, Run.state)
        .where(Run.made_from == run_id, Run.state != DISCARDED)
        .order_by(Run.number)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
