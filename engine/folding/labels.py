"""Which parts are alike: equal labels for equal structures. Pure.

A label is a number, and equal keys get equal numbers ("hash-consing"), from the nodes upward:

========  ================================================================================
node      its task, its options, whether it is immutable, how edges lead to it, its *mark*
series    the labels in their order
parallel  how often each label occurs
attached  both labels
========  ================================================================================

Arguments and ids are not looked at. A mark is what a caller gives to tell a node from its like.
"""

import json
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

from ..dag import Node
from .parts import Part
from .repeats import segments

IGNORED = frozenset({"task_id", "root_id", "parent_id", "group_id", "group_index", "reply_to", "chord"})


class Labels:
    """Numbers for keys: the first key gets 0, the next new one 1, and so on."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def of(self, key: Hashable) -> int:
        """Return the number of ``key``."""
        return self._numbers.setdefault(key, len(self._numbers))


def signatures(nodes: Iterable[Node], kinds: Sequence[Iterable[str]], marks: Mapping[str, Hashable]) -> list[Hashable]:
    """Return what makes each node alike others; ``kinds`` are those of the callbacks that lead to it."""
    found: list[Hashable] = []
    for node, into in zip(nodes, kinds, strict=True):
        options = json.dumps(_telling(node.options), sort_keys=True, default=repr) if node.options else ""
        found.append((node.task, options, node.immutable, tuple(sorted(into)), marks.get(node.id)))
    return found


def _telling(options: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if name not in IGNORED}


def label(root: Part, signatures: Sequence[Hashable], labels: Labels, odd: Collection[Hashable] = ()) -> None:
    """Give ``root`` and every part in it its label, its size and its first node; ``odd`` signatures stand out."""
    pending = [(root, False)]
    while pending:
        part, is_ready = pending.pop()
        if part.kind == "node":
            signature = signatures[part.node]
            part.label, part.size, part.first = labels.of(("node", signature)), 1, part.node
            part.is_odd = signature in odd
        elif not is_ready:
            pending.append((part, True))
            pending.extend((kid, False) for kid in part.kids if kid is not None)
        else:
            sum_up(part, labels)


def sum_up(part: Part, labels: Labels) -> None:
    """Give ``part`` what follows from its kids, which have theirs."""
    kids = [kid for kid in part.kids if kid is not None]
    own = [-1 if kid is None else kid.label for kid in part.kids]
    if part.kind == "parallel":
        kids.sort(key=lambda kid: kid.first)
        part.kids = [*kids]  # the way past them changes nothing of what is drawn, only the label
        part.label = labels.of(("parallel", frozenset(Counter(own).items())))
    else:
        part.label = labels.of((part.kind, *own))
    part.cost = _cost(part.kind, kids)
    part.size = sum(kid.size for kid in kids)
    part.height = max(kid.height for kid in kids) if part.kind == "parallel" else sum(kid.height for kid in kids)
    part.is_odd = any(kid.is_odd for kid in kids)
    part.first = min(kid.first for kid in kids)


def _cost(kind: str, kids: Sequence[Part]) -> int:
    if kind == "parallel":
        return sum({kid.label: kid.cost for kid in kids}.values())
    if kind == "attached":
        return sum(kid.cost for kid in kids)
    units = ((kids[start : start + period], period) for start, period, _ in segments([kid.label for kid in kids]))
    return sum(unit[0].cost if period == 1 else _cost("series", unit) for unit, period in units)
