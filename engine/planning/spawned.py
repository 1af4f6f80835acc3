"""Which nodes of a run are no part of it once more: what its tasks sent by themselves. Pure."""

from collections.abc import Iterable, Sequence, Set

from ..run import EdgeRow

SENT = 0  # of a watched run: the position of an edge into what a task sent; into any other task it is -1


def spawned(
    kind: str,
    tasks: Sequence[str | None],
    edges: Sequence[EdgeRow],
    *,
    inferred: Set[int],
    conducted: Set[int],
) -> set[int]:
    """Return the indices of what tasks of a run sent by themselves, and of what came of these.

    In a run that was announced they are those whose edge says so, and the lone tasks that nobody announced;
    in one that is conducted, those that the conductor did not send.

    Parameters
    ----------
    kind
        Of the run.
    tasks
        The name of each node; None for a join.
    edges
        Who waits for whom.
    inferred
        What is known by its events alone.
    conducted
        What the conductor sends.
    """
    found = set[int]()
    if kind == "native":
        found = {child for _, child, _, place in edges if place == SENT or child in inferred}
        found = {child for child in found if tasks[child] is not None}
    elif kind == "conducted":
        found = {idx for idx, task in enumerate(tasks) if task is not None and idx not in conducted}
    return _with_what_came_of_it(found, edges) if found else found


def _with_what_came_of_it(found: set[int], edges: Iterable[EdgeRow]) -> set[int]:
    parents: dict[int, list[int]] = {}
    children: dict[int, list[int]] = {}
    for parent, child, _, _ in edges:
        parents.setdefault(child, []).append(parent)
        children.setdefault(parent, []).append(child)
    pending = list(found)
    while pending:
        for child in children.get(pending.pop(), ()):
            if child not in found and found.issuperset(parents[child]):
                found.add(child)
                pending.append(child)
    return found
