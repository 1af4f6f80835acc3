"""Which parts are alike: equal structures have the same form. Pure.

Forms are made once for each key and found again by it ("hash-consing"), from the nodes upward:

========  ==========================================================================================
node      its task, its options, whether it is immutable, how edges call it back, its *mark*
series    the labels in their order
parallel  how often each label occurs
attached  both labels
========  ==========================================================================================

Arguments and ids are not looked at. A mark is what a caller gives to tell a node from its like.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .repeats import segments

if TYPE_CHECKING:
    from .parts import Part


class Form(NamedTuple):
    """What alike parts have in common."""

    label: int  # its number: the first form has 0
    size: int = 1  # nodes
    height: int = 1  # nodes in the longest row
    cost: int = 1  # cards, when everything is seen and what is alike is one
    is_odd: bool = False  # whether a node in it has no like


class Forms:
    """The forms that occur in one graph."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Form] = {}

    def node(self, signature: Hashable, *, is_odd: bool) -> Form:
        """Return the form of nodes of this signature."""
        return self._known.setdefault(signature, Form(len(self._known), is_odd=is_odd))

    def whole(self, kind: str, kids: "Iterable[Part | None]") -> Form:
        """Return the form of a part that is made of ``kids``."""
        forms = [_WAY if kid is None else kid.form for kid in kids]
        labels = [form.label for form in forms]
        key = (kind, frozenset(Counter(labels).items()) if kind == "parallel" else tuple(labels))
        if key not in self._known:
            self._known[key] = _sum(kind, forms, len(self._known))
        return self._known[key]


_WAY = Form(-1, size=0, height=0, cost=0)  # past what stands beside it


def shape(root: "Part", nodes: Sequence[Form], forms: Forms) -> None:
    """Give ``root`` and every part in it its form and its first node; ``nodes`` are the forms of these."""
    if root.kind == "node":  # as nearly all are where little is in series or parallel
        root.form, root.first = nodes[root.node], root.node
        return
    order, pending = [], [root]
    while pending:
        order.append(part := pending.pop())
        pending.extend(kid for kid in part.kids if kid is not None)
    for part in reversed(order):
        if part.kind == "node":
            part.form, part.first = nodes[part.node], part.node
        else:
            sum_up(part, forms)


def sum_up(part: "Part", forms: Forms) -> None:
    """Give ``part`` what follows from its kids, which have theirs."""
    part.form = forms.whole(part.kind, part.kids)
    kids = [kid for kid in part.kids if kid is not None]
    part.first = min(kid.first for kid in kids)
    if part.kind == "parallel":
        kids.sort(key=lambda kid: kid.first)
        part.kids = [*kids]  # the way past them changes nothing of what is drawn, only the form


def _sum(kind: str, forms: Sequence[Form], label: int) -> Form:
    heights = [form.height for form in forms]
    return Form(
        label=label,
        size=sum(form.size for form in forms),
        height=sum(heights) if kind == "series" else max(heights),
        cost=_cost(kind, forms),
        is_odd=any(form.is_odd for form in forms),
    )


def _cost(kind: str, forms: Sequence[Form]) -> int:
    if kind == "series":
        found = segments([form.label for form in forms])
        units = (forms[start : start + period] for start, period, _ in found)
        return sum(unit[0].cost if len(unit) == 1 else _cost(kind, unit) for unit in units)
    return sum(form.cost for form in (set(forms) if kind == "parallel" else forms))


def node_forms(signatures: Iterable[Hashable], forms: Forms, few: int) -> list[Form]:
    """Return the form of each node.

    Parameters
    ----------
    signatures
        Of each node; equal for those that are alike.
    few
        How many nodes may have no like and be odd for it; where there are more, none is.
    """
    numbers: dict[Hashable, int] = {}
    told = [numbers.setdefault(each, len(numbers)) for each in signatures]
    counts = Counter(told)
    singles = sum(count == 1 for count in counts.values())
    made = [
        forms.node(signature, is_odd=counts[number] == 1 and singles <= few)
        for signature, number in numbers.items()
    ]
    return [made[number] for number in told]
