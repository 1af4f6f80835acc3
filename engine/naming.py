"""A short, human name for a run: where it starts, an arrow, where it ends. Pure.

>>> name_of([("a", "ceph.set_downtime"), ("b", "ceph.wait"), ("c", "ceph.add_node")],
...         [("a", "b", "then"), ("b", "c", "then")])
'set_downtime → add_node'
"""

from collections.abc import Hashable, Iterable, Sequence

SHOWN = 2  # names at each side of the arrow; the rest is counted
LENGTH = 120


def name_of(
    nodes: Sequence[tuple[Hashable, str | None]], edges: Iterable[tuple[Hashable, Hashable, str]]
) -> str:
    """Return the name of a run with these ``(id, task)`` (None for a join) and ``(parent, child, kind)``.

    Callbacks are no end: what counts is what results flow to.
    """
    followed: dict[Hashable, list[Hashable]] = {}
    called: set[Hashable] = set()
    for parent, child, kind in edges:
        called.add(child)
        if kind == "then":
            followed.setdefault(parent, []).append(child)
    starts = [each for each, _ in nodes if each not in called] or [each for each, _ in nodes[:1]]
    main = _reached(starts, followed)
    joins = {each for each, task in nodes if task is None}
    ends = [each for each, _ in nodes if each in main and _ends(each, followed, joins)]
    tasks = dict(nodes)
    first, last = _list(starts, tasks), _list(ends, tasks)
    name = first if not last or set(starts) >= set(ends) else f"{first} → {last}"
    return name if len(name) <= LENGTH else name[: LENGTH - 1] + "…"


def short(task: str) -> str:
    """Return the last part of a task's dotted name."""
    return task.rpartition(".")[2] or task


def _reached(starts: Iterable[Hashable], followed: dict[Hashable, list[Hashable]]) -> set[Hashable]:
    reached = set(starts)
    pending = list(reached)
    while pending:
        for child in followed.get(pending.pop(), ()):
            if child not in reached:
                reached.add(child)
                pending.append(child)
    return reached


def _ends(node: Hashable, followed: dict[Hashable, list[Hashable]], joins: set[Hashable]) -> bool:
    """Whether nothing but a join that nobody waits for comes after ``node``."""
    if node in joins:
        return False
    return all(child in joins and not followed.get(child) for child in followed.get(node, ()))


def _list(ids: Iterable[Hashable], tasks: dict[Hashable, str | None]) -> str:
    names = list(dict.fromkeys(short(task) for each in ids if (task := tasks[each]) is not None))
    more = f" +{len(names) - SHOWN}" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
