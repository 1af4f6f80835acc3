"""Which nodes of a run are no part of it once more: what its tasks sent by themselves. Pure."""

from collections.abc import Iterable, Sequence, Set

from ..run import EdgeRow

SENT = 0  # of a watched run: the position of an edge into what a task sent; into any other task it is -1


def spawned(
    kind: str,
    tasks: Sequence[str | None],
    edges: Iterable[EdgeRow],
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
    parents: list[list[int]] = [[] for _ in tasks]
    children: list[list[int]] = [[] for _ in tasks]
    found = set[int]()
    for parent, child, _, position in edges:
        parents[child].append(parent)
        children[parent].append(child)
        if kind == "native" and (child in inferred or position == SENT) and tasks[child] is not None:
            found.add(child)
    if kind == "conducted":
        found = {idx for idx, task in enumerate(tasks) if task is not None and idx not in conducted}
    pending = list(found)
    while pending:
        for child in children[pending.pop()]:
            if child not in found and all(each in found for each in parents[child]):
                found.add(child)
                pending.append(child)
    return found
