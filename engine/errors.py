"""What can go wrong, as a tree.

UmbelError
├── CanvasError     a canvas that cannot become a graph
├── ChoiceError     a choice of what to resubmit that does not fit; ``problems`` says where
├── DagError        a graph that is not one: a cycle, an unknown parent, a wrong shape
├── LayoutError     Graphviz failed, or was not done by its deadline
├── RequestError    the conductor did not answer, or refused (see ``engine.requests``)
├── RunFailed       a conducted run did not end well (see ``engine.conducting``)
├── SettingsError   a setting that cannot be read or does not fit
├── StoreError      the database is missing, too old, too new or out of reach
│   └── StoreUnreachable  it may be back in a moment: trying again makes sense
└── EmbeddedError   no Redis-compatible server could be found or started

Each message says what happened and what to do next. ``exit_code`` is what the command line ends with
(the names are those of ``os.EX_*``).
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .problem import Problem


class UmbelError(Exception):
    """The root of all errors that Umbel raises itself."""

    exit_code = os.EX_SOFTWARE


class CanvasError(UmbelError):
    """A canvas cannot become a graph: it is none, or it holds something that cannot run."""

    exit_code = os.EX_DATAERR


class ChoiceError(UmbelError):
    """A choice of what to resubmit has parts that do not fit."""

    exit_code = os.EX_DATAERR

    def __init__(self, problems: "Sequence[Problem]") -> None:
        self.problems = list(problems)
        told = [f"{each.field}: {each.message}" if each.field else each.message for each in self.problems[:5]]
        super().__init__(" ".join(told))


class DagError(UmbelError):
    """A graph has a cycle, an unknown parent or the wrong shape."""

    exit_code = os.EX_DATAERR


class LayoutError(UmbelError):
    """Graphviz failed, or was not done by its deadline."""

    exit_code = os.EX_UNAVAILABLE


class SettingsError(UmbelError):
    """A setting cannot be read or does not fit."""

    exit_code = os.EX_CONFIG


class StoreError(UmbelError):
    """The database is missing, too old, too new or out of reach."""

    exit_code = os.EX_UNAVAILABLE


class StoreUnreachable(StoreError):
    """The database gives no answer just now: it is down, locked or full."""


class EmbeddedError(UmbelError):
    """No Redis-compatible server could be found or started."""

    exit_code = os.EX_UNAVAILABLE
