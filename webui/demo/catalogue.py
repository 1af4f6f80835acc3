"""Workflows by name, and starting one: natively, as any program would, or conducted."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ...engine.dag import Dag
from ...engine.naming import name_of
from ...engine.store import reads

LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Workflow:
    """A canvas that visitors may start.

    Parameters
    ----------
    shelf
        With which others it is shown.
    native
        Whether Celery can run it: not one that has rules of the conductor.
    options
        Those of its conducted runs.
    known
        How many tasks it has, and what its runs are called, where finding out would take long.
    """

    name: str
    title: str
    about: str
    build: Callable[[], Any]
    shelf: str = ""
    native: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    known: tuple[int, str] | None = None

    @cached_property
    def tasks(self) -> int:
        """How many tasks it has."""
        return self.known[0] if self.known else sum(not node.is_join for node in self._dag)

    @cached_property
    def run_name(self) -> str:
        """What its runs are called."""
        if self.known:
            return self.known[1]
        return name_of([(node.id, node.task) for node in self._dag], self._dag.edges)

    @cached_property
    def _dag(self) -> Dag:
        from ...engine.canvas import to_dag

        return to_dag(self.build())

    def to_json(self) -> dict[str, Any]:
        """Return how it is told of."""
        return {
            "name": self.name,
            "title": self.title,
            "about": self.about,
            "tasks": self.tasks,
            "run_name": self.run_name,
            "shelf": self.shelf,
            "native": self.native,
        }


class Catalogue:
    """The workflows that can be started, in the order in which they are shown."""

    def __init__(self, workflows: Iterable[Workflow]) -> None:
        self._workflows = {workflow.name: workflow for workflow in workflows}

    def __iter__(self) -> Any:
        return iter(self._workflows.values())

    def get(self, name: str) -> Workflow | None:
        """Return the workflow of that name."""
        return self._workflows.get(name)


def start(workflow: Workflow) -> str:
    """Send a workflow's canvas to Celery, as any program would; return the id of one of its tasks."""
    return _task_id(workflow.build().apply_async())


def start_conducted(workflow: Workflow, *, by: str) -> str:
    """Have a workflow's canvas conducted; return the id of its run."""
    from ...engine import conduct

    return conduct(workflow.build(), by=by, **workflow.options).id


def wait_recorded(store: Any, task_id: str, *, timeout: float) -> str | None:
    """Return the run that holds a task once it is recorded; None when it is not within ``timeout``."""

    def look() -> str | None:
        found = reads.find(store, task_id)
        return found[0]["run"] if found else None

    return _wait(look, timeout)


def wait_run(store: Any, run_id: str, *, timeout: float) -> str | None:
    """Return ``run_id`` once that run is recorded; None when it is not within ``timeout``."""
    return _wait(lambda: run_id if reads.run(store, run_id) else None, timeout)


def _wait(look: Callable[[], str | None], timeout: float) -> str | None:
    deadline = time.monotonic() + timeout
    while (found := look()) is None and time.monotonic() <= deadline:
        time.sleep(LOOK_SECONDS)
    return found


def _task_id(result: Any) -> str:
    # A group's own id is that of no task.
    while members := getattr(result, "results", None):
        result = members[0]
    return result.id
