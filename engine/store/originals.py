"""Signatures and results exactly as they came, however they are shown.

Of a conducted task everything is known exactly: what ``nodes`` has masked or cut is in ``originals`` as well.
Of any other there is only what is shown: exact where nothing of it is masked, a representation, or cut and
not kept whole in ``large_values``.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    any_,
    func,
    literal,
    select,
)

from ..dag import Node as Spec
from ..redact import MASK
from .keeping import EXACT, SIGNATURE, exactly
from .models import LargeValue, Node, Original

_Row: TypeAlias = Any  # a row, whose columns are attributes
_Texts: TypeAlias = dict[tuple[int, str], str]  # by idx and field

CUT = '{"cut":'  # what stands for the rest of a value, see engine.values
#: What is no value: masked, represented by the one who announced it, or by the task's events.
INEXACT = (MASK, CUT, '"__repr__":', '"argsrepr":', '"kwargsrepr":')

_SPEC = (Node.idx, Node.id, Node.task, Node.immutable, Node.conducted, Node.inputs)
_SPEC += (Node.args, Node.kwargs, Node.options)


def signatures(connection: Connection, run: int, idxs: Iterable[int]) -> dict[int, Spec]:
    """Return what some nodes of a run are, by idx: as exactly as is known."""
    wanted = list(idxs)
    rows = connection.execute(select(*_SPEC).where(Node.run == run, _among(connection, Node.idx, wanted)))
    found = rows.all()
    known = _originals(connection, run, wanted, SIGNATURE)
    known |= _whole(connection, run, [row.idx for row in found if _is_cut(row)], SIGNATURE)
    return {row.idx: _spec(row, known) for row in found}


def results(connection: Connection, run: int, idxs: Iterable[int]) -> dict[int, str]:
    """Return the JSON texts of what some nodes of a run returned, by idx: of those where it is known."""
    wanted = list(idxs)
    columns = (Node.idx, Node.result, Node.result_size, Node.conducted)
    rows = connection.execute(
        select(*columns).where(
            Node.run == run, Node.result.is_not(None), _among(connection, Node.idx, wanted)
        )
    )
    shown = {row.idx: (value, row) for row in rows if (value := exactly(row.result)) is not None}
    found = {idx: value for idx, (value, row) in shown.items() if row.conducted or _is_whole(value, row)}
    rest = [idx for idx in shown if idx not in found]
    known = _originals(connection, run, wanted, ("result",)) | _whole(connection, run, rest, ("result",))
    return found | {idx: value for (idx, _), value in known.items()}


def represented(connection: Connection, run: int, limit: int) -> list[str]:
    """Return the ids of tasks that succeeded and of which only a representation of the result is known."""
    is_exact = func.substr(func.coalesce(Node.result, ""), 1, len(EXACT)) == EXACT
    query = select(Node.id).where(Node.run == run, Node.task.is_not(None), Node.state == "SUCCESS", ~is_exact)
    return list(connection.execute(query.order_by(Node.idx).limit(limit)).scalars())


def _is_cut(row: _Row) -> bool:
    return not row.conducted and any(CUT in getattr(row, name) for name in SIGNATURE)


def _is_whole(value: str, row: _Row) -> bool:
    return len(value) >= (row.result_size or 0) and not any(mark in value for mark in INEXACT)


def _spec(row: _Row, known: _Texts) -> Spec:
    values = {name: json.loads(known.get((row.idx, name)) or getattr(row, name)) for name in SIGNATURE}
    return Spec(id=row.id, task=row.task, immutable=row.immutable, inputs=json.loads(row.inputs), **values)


def _originals(connection: Connection, run: int, idxs: Sequence[int], fields: Sequence[str]) -> _Texts:
    rows = connection.execute(
        select(Original.idx, Original.field, Original.value).where(
            Original.run == run, _among(connection, Original.idx, idxs), Original.field.in_(fields)
        )
    )
    return {(idx, field): value for idx, field, value in rows}


def _whole(connection: Connection, run: int, idxs: Sequence[int], fields: Sequence[str]) -> _Texts:
    """Return what is kept whole of values that do not fit beside their nodes, and has nothing masked."""
    if not idxs:
        return {}
    rows = connection.execute(
        select(LargeValue.idx, LargeValue.field, LargeValue.value).where(
            LargeValue.run == run,
            _among(connection, LargeValue.idx, idxs),
            LargeValue.field.in_(fields),
            LargeValue.kept == LargeValue.size,
        )
    )
    return {(idx, field): value for idx, field, value in rows if MASK not in value}


def _among(connection: Connection, of: Any, idxs: Sequence[int]) -> ColumnElement[bool]:
    """Return that ``of`` is one of any number of these: one parameter, and one statement for all numbers."""
    if connection.dialect.name == "postgresql":
        return of == any_(literal(list(idxs), ARRAY(BigInteger)))
    return of.in_(select(func.json_each(json.dumps(list(idxs))).table_valued("value").c.value))
