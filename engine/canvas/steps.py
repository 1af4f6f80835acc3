"""A part of a graph as steps that follow each other, and a step as parts that stand side by side."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from ..errors import CanvasError

# What a part returns: the id of a task, a tuple for a list, or ANY where nobody takes it.
Value: TypeAlias = "str | tuple[Value, ...] | None"
ANY = None


class Incoming(NamedTuple):
    """What reaches a task or a part: the tasks it waits for, how, and the value that it is given."""

    parents: frozenset[str] = frozenset()
    kind: str = "then"
    value: Value = ANY


class Part(NamedTuple):
    """Tasks, in topological order, that something reaches and that return a value."""

    names: list[str]
    incoming: Incoming
    value: Value

    @property
    def is_task(self) -> bool:
        """Whether it is one task that returns its own result."""
        return len(self.names) == 1 and self.value in (ANY, self.names[0])


def no_canvas(why: str) -> CanvasError:
    """Return the error for a graph that is no canvas."""
    return CanvasError(f"This graph is not a canvas: {why}. Keep it as JSON instead.")


def steps(tasks: Mapping[str, Incoming], part: Part) -> Iterator[Part]:
    """Yield the steps that a part consists of.

    A cut is where the tasks of which anything is still awaited are just those that the next task waits
    for, and nothing else waits for any of them alone.
    """
    inside = set(part.names)
    waiting: dict[frozenset[str], int] = defaultdict(int)  # for these tasks together: how many still wait
    values: dict[frozenset[str], Value] = {}
    for name in part.names:
        parents, _, value = tasks[name]
        waiting[parents] += 1
        if values.get(parents) is ANY:  # what an immutable task waits for is given to another, or to nobody
            values[parents] = value
    claims: dict[str, int] = dict.fromkeys(part.names, 0)  # on a result: sets of waiting tasks, and the value
    for parents in waiting:
        if parents != part.incoming.parents:
            if not parents <= inside:
                raise no_canvas("a task waits for others in more than one part of it")
            for parent in parents:
                claims[parent] += 1
    for leaf in leaves(part.value):
        if leaf not in claims:
            raise no_canvas("a list has a result from somewhere else in it")
        claims[leaf] += 1

    open_, untouched = 0, dict(waiting)
    incoming, names = part.incoming, list[str]()
    for name in part.names:
        parents = tasks[name].parents
        first = waiting[parents] == untouched[parents]
        if (
            first
            and parents != part.incoming.parents
            and not waiting[part.incoming.parents]
            and open_ == len(parents)
            and all(claims[parent] == 1 for parent in parents)
        ):
            value = values[parents]
            if value is ANY and open_ == 1:
                (value,) = parents
            yield Part(names, incoming, value)
            incoming, names = Incoming(parents, "then", value), []
        names.append(name)
        open_ += 1
        waiting[parents] -= 1
        if not waiting[parents] and parents != part.incoming.parents:
            for parent in parents:
                claims[parent] -= 1
                open_ -= not claims[parent]
    yield Part(names, incoming, part.value)


def members(tasks: Mapping[str, Incoming], step: Part) -> list[Part]:
    """Return the members of the group that a step is: one for each result in its list.

    Where nobody takes the list, there is one for all that hangs together.
    """
    parts = _parts(tasks, step)
    owners: dict[str, int] = {}
    if step.value is ANY:
        owners = {part: number for number, part in enumerate(dict.fromkeys(parts.values()))}
        wanted: list[Value] = [ANY] * len(owners)
    elif isinstance(step.value, tuple):
        wanted = list(step.value)
        for number, value in enumerate(step.value):
            for leaf in leaves(value):
                if owners.setdefault(parts[leaf], number) != number:
                    raise no_canvas("results stand in one list together that came about together")
    else:
        raise no_canvas("a task waits for some of the tasks that come before it, and not for all")
    names: list[list[str]] = [[] for _ in wanted]
    for name in step.names:
        if parts[name] not in owners:
            raise no_canvas("nobody waits for the result of a task in the middle")
        names[owners[parts[name]]].append(name)
    return [Part(inner, step.incoming, value) for inner, value in zip(names, wanted, strict=True)]


def leaves(value: Value) -> Iterator[str]:
    """Yield the ids in a value."""
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, tuple):
            pending.extend(reversed(part))
        elif isinstance(part, str):
            yield part


def _parts(tasks: Mapping[str, Incoming], step: Part) -> dict[str, str]:
    """Return for each task of a step one that stands for all that it hangs together with."""
    links: dict[str, list[str]] = {name: [] for name in step.names}
    first: dict[frozenset[str], str] = {}
    for name in step.names:
        parents = tasks[name].parents
        if parents == step.incoming.parents:
            continue
        if parents in first:
            links[name].append(first[parents])
            links[first[parents]].append(name)
            continue
        first[parents] = name
        for parent in parents:
            links[parent].append(name)
            links[name].append(parent)
    found: dict[str, str] = {}
    for start in step.names:
        pending = [] if start in found else [start]
        while pending:
            name = pending.pop()
            if name not in found:
                found[name] = start
                pending += links[name]
    return found
