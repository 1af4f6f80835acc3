"""Whether tasks can be called with what an edit gives them, where their signatures are known.

Celery itself looks at that when a task is sent (``Task.apply_async``, by the same means), and the conductor
sends for it. Only a conductor that was told of the user's app knows the tasks.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from types import MappingProxyType
from typing import TypeAlias

from celery import Celery

from ..dag import Node as Spec
from ..edit import Edit
from ..problem import Problem, about

Edits: TypeAlias = Sequence[tuple[int, Edit]]  # of one task, with their places in the choice

GIVEN = None  # stands for what a task is given by its parents: one argument, whatever it is


def uncallable(
    app: Celery,
    made: Mapping[int, Spec],
    edits: Mapping[str, Edits],
    called: Set[int],
    inexact: Mapping[int, Set[str]] = MappingProxyType({}),
) -> Iterator[Problem]:
    """Yield what tasks cannot be called with; nothing of those of which not all is known.

    Parameters
    ----------
    app
        The user's.
    made
        The tasks that are edited, as the edits make them, by idx.
    edits
        By the ids of these tasks.
    called
        The error callbacks of the run.
    inexact
        Which parts of signatures were not exactly known before.
    """
    whole = {
        idx: spec
        for idx, spec in made.items()
        if inexact.get(idx, frozenset()).isdisjoint(_unsaid(edits[spec.id]))
    }
    found: dict[tuple[str, str], list[str]] = {}
    for idx, why in _misfits(app, whole, called):
        spec = whole[idx]
        found.setdefault((_field(edits[spec.id], why), f"{spec.task}: {why}"), []).append(spec.id)
    for (field, why), nodes in found.items():
        told = f"It cannot be called so: {why}."
        yield about("arity", told if len(nodes) == 1 else f"{len(nodes):,} tasks: {told}", nodes, field)


def _unsaid(edits: Edits) -> set[str]:
    return {"args", "kwargs"} - set[str]().union(*(edit.whole for _, edit in edits))


def _field(edits: Edits, why: str) -> str:
    """Return which part of the choice gives a task what it cannot be called with."""
    given = {"args": "args", "kwargs": "kwargs", "set_kwargs": "set/kwargs"}
    order = ("set_kwargs", "kwargs", "args") if "keyword" in why else ("args", "set_kwargs", "kwargs")
    for name in order:
        for place, edit in reversed(edits):
            if getattr(edit, name) is not None:
                return f"edits/{place}/{given[name]}"
    return f"edits/{edits[-1][0]}"


def _misfits(app: Celery, specs: Mapping[int, Spec], called: Set[int]) -> Iterator[tuple[int, str]]:
    """Yield which tasks cannot be called so, and why; error callbacks are given what their callers make."""
    for idx, spec in specs.items():
        if idx in called or spec.task is None:
            continue
        task = app.tasks.get(spec.task)
        look = getattr(task, "__header__", None)
        if look is None or not getattr(task, "typing", False):
            continue
        args = spec.args if spec.inputs is None else [GIVEN, *spec.args]
        try:
            look(*args, **spec.kwargs)
        except TypeError as error:
            yield idx, str(error)
