"""Which runs a list shows.

A list is walked from the newest run back, over an index that has all that is compared (see ``runs`` in
:mod:`.models`), until a page is full. Where a filter is known to have few runs (they have a word that few
have, or an id), those are looked at alone instead; so neither what is frequent nor what is rare makes a long
walk.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    any_,
    exists,
    false,
    literal,
    select,
    true,
    union,
)
from sqlalchemy.orm import aliased

from ..clusters import title
from ..values import text
from .models import DISCARDED, Attempt, Node, Run, RunWord, Word
from .words import fold, word

FEW = 5_000  # runs that are looked at one by one rather than found by walking
WORDS = 2_000  # words with some text in them whose runs are looked up
OF_ID = 1_000  # runs that an id may have in each of the places where it is looked for
PREFIX = 8  # characters of an id that are taken for the beginning of it
ALIKE = 50_000  # different errors of one type, of which those under a heading are chosen
LAST = "\U0010ffff"  # sorts after whatever may follow

_BEGINNING = re.compile("[^#:(]*")  # of a heading, which the error has too

Condition: TypeAlias = ColumnElement[bool]
#: Conditions that must all be met, or all of another list. Each is walked by itself: no database likes "or".
Choices: TypeAlias = Sequence[Sequence[Condition]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilters:
    """What runs must have to be listed. Everything that is given must be so.

    Attributes
    ----------
    states
        One of these states.
    kind
        ``native``, ``inferred`` or ``conducted``.
    name, text
        Contained in the run's name; or in that, the name of a task or an error. Case does not matter.
    task, worker
        A task of this name is in the run; one of its tasks was on this worker.
    since, until
        When the run was made, in seconds since the epoch: from ``since`` on, and before ``until``.
    id
        The id of the run, of one of its tasks, of an attempt of one or of its root task, or at least eight
        characters of its beginning.
    singles
        Whether runs of one task that nobody announced are listed too.
    error
        The heading of an error of it, as :mod:`.errors` groups them.
    resolved
        Whether a later run made good what failed in it; None: either way.
    superseded
        Whether another attempt was made of it: what there is to do is to be done about that one. An attempt
        that succeeded and left something out does not count.
    """

    states: tuple[str, ...] = ()
    name: str | None = None
    task: str | None = None
    worker: str | None = None
    since: float | None = None
    until: float | None = None
    text: str | None = None
    id: str | None = None
    kind: str | None = None
    singles: bool = False
    error: str | None = None
    resolved: bool | None = None
    superseded: bool | None = None


def numbers(
    connection: Connection, choices: Choices, *, singles: bool, below: int | None, limit: int
) -> list[int]:
    """Return the newest numbers of runs that meet one of ``choices``, newest first."""
    found: set[int] = set()
    for each in choices:
        found.update(_walk(connection, each, false(), below, limit))
        if singles:  # each part is in order in the index, both together are not
            found.update(_walk(connection, each, true(), below, limit))
    return sorted(found, reverse=True)[:limit]


def members(choices: Choices, *, singles: bool) -> Subquery:
    """Return all runs that meet one of ``choices``, for another query: it has their ``number``."""
    parts = [
        select(Run.number).where(*each) if singles else select(Run.number).where(Run.single == false(), *each)
        for each in choices
    ]
    return (parts[0] if len(parts) == 1 else union(*parts)).subquery()


def count_singles(connection: Connection, choices: Choices, limit: int) -> int:
    """Return how many runs of one task meet one of ``choices``, counting to ``limit`` at most."""
    found: set[int] = set()
    for each in choices:
        found.update(_walk(connection, each, true(), None, limit))
    return min(len(found), limit)


def _walk(
    connection: Connection, conditions: Sequence[Condition], single: Any, below: int | None, limit: int
) -> list[int]:
    query = select(Run.number).where(Run.single == single, *conditions)
    if below is not None:
        query = query.where(Run.number < below)
    return list(connection.execute(query.order_by(Run.number.desc()).limit(limit)).scalars())


def conditions(connection: Connection, filters: RunFilters) -> Choices:
    """Return what a run must meet; words and ids are looked up now."""
    made: list[Condition] = [Run.state != DISCARDED]
    if filters.states:
        made.append(Run.state.in_(filters.states))
    if filters.kind:
        made.append(Run.kind == (text(filters.kind)))
    if filters.since is not None:
        made.append(Run.created >= filters.since)
    if filters.until is not None:
        made.append(Run.created < filters.until)
    if filters.name:
        made.append(_named(filters.name))
    if filters.resolved is not None:
        made.append(Run.resolved_by.is_not(None) if filters.resolved else Run.resolved_by.is_(None))
    if filters.superseded is not None:
        made.append(_superseded() if filters.superseded else ~_superseded())
    if filters.error:
        made.append(_has_any(connection, headed(connection, filters.error)))
    for kind in ("task", "worker"):
        if value := getattr(filters, kind):
            made.append(_has_word(connection, kind, value))
    if filters.id:
        made.append(_among(connection, sorted(numbers_of_id(connection, filters.id))))
    if filters.text:
        return [[*made, each] for each in _mentions(connection, filters.text)]
    return [made]


def _named(part: str) -> Condition:
    return Run.folded.contains(fold(part), autoescape=True)


def _superseded() -> Condition:
    later = aliased(Run)
    is_partial = (later.state == "SUCCESS") & (later.left_out > 0)
    return exists().where(later.made_from == Run.id, later.state != DISCARDED, ~is_partial)


def _has_word(connection: Connection, kind: str, value: str) -> Condition:
    found = connection.execute(select(Word.id).where(Word.kind == kind, Word.value == word(value))).scalar()
    if found is None:
        return false()
    return _has_any(connection, [found])


def _has_any(connection: Connection, words: Sequence[int]) -> Condition:
    """Return that a run has one of these words."""
    if not words:
        return false()
    one = _among(connection, words, RunWord.word)
    few = _few(connection, select(RunWord.run).where(one))
    if few is not None:
        return _among(connection, few)
    return exists().where(RunWord.run == Run.number, one)


def headed(connection: Connection, heading: str) -> list[int]:
    """Return the words that are errors under this heading, among ``ALIKE`` that begin so."""
    begin = _BEGINNING.match(heading)
    beginning = begin[0] if begin else ""
    given = (Word.kind == "error", Word.value >= beginning, Word.value < beginning + LAST)
    rows = connection.execute(select(Word.id, Word.value).where(*given).limit(ALIKE))
    return [row.id for row in rows if title(row.value) == heading]


def _mentions(connection: Connection, part: str) -> list[Condition]:
    """Return in which ways a run may mention ``part``."""
    matches = Word.kind.in_(("task", "error")), Word.folded.contains(fold(part), autoescape=True)
    words = connection.execute(select(Word.id).where(*matches).limit(WORDS + 1)).scalars().all()
    if not words:
        return [_named(part)]
    if len(words) <= WORDS:
        of_words = select(RunWord.run).where(_among(connection, words, RunWord.word))
        few = _few(connection, of_words)
        if few is not None:
            return [_named(part), _among(connection, few)]
        if connection.dialect.name == "postgresql":  # it hashes them once; SQLite is quicker run by run
            return [_named(part), Run.number.in_(of_words)]
    return [_named(part), exists().where(RunWord.run == Run.number, RunWord.word == Word.id, *matches)]


def _among(connection: Connection, numbers: Sequence[int], column: Any = Run.number) -> Condition:
    """Return that ``column`` is one of many numbers: one parameter where the database has lists."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(numbers), ARRAY(BigInteger)))
    return column.in_(numbers)


def _few(connection: Connection, runs: Select[int]) -> list[int] | None:
    """Return the runs if they are few; a run may be there more than once."""
    found = connection.execute(runs.limit(FEW + 1)).scalars().all()
    return sorted(set(found)) if len(found) <= FEW else None


def begins(column: Any, given: str) -> Condition:
    """Return the condition that an id is ``given``, or begins with it where that is long enough."""
    if len(given) < PREFIX:
        return column == given
    return (column >= given) & (column < given + LAST)


def numbers_of_id(connection: Connection, given: str) -> set[int]:
    """Return the runs that have this id, or a task or a root task with it: ``OF_ID`` of each, at most."""
    if text(given) != given:
        return set()
    sources: Iterable[tuple[Any, Any]] = (
        (Run.number, Run.id),
        (Run.number, Run.root),
        (Node.run, Node.id),
        (Attempt.run, Attempt.id),
    )
    found: set[int] = set()
    for number, column in sources:
        query = select(number).where(begins(column, given)).limit(OF_ID)
        found.update(connection.execute(query).scalars())
    return found
