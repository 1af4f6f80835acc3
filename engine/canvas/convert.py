"""From a canvas to its graph."""

from typing import Any

from ..dag import Dag, Inputs
from .assembly import assemble
from .signatures import check, form
from .walk import Walk


def to_dag(canvas: Any) -> Dag:
    """Return the graph of a canvas: what it means, where Celery may do something else.

    The canvas may be any composition of signatures, as objects or as the dicts that their JSON spells. It is
    neither frozen nor changed, and can be sent afterwards; a generator in it is read, as far as Celery
    keeps what it yields. Nothing is sent, and no task needs to be registered.

    Results flow by Celery's own rules. It differs where Celery gives wrong results: each task of a group
    after a group runs once and gets the whole list, lists keep the order in which groups were written, an
    empty group in a chain is skipped, chunks are a group of their parts everywhere, and what is linked to a
    group runs once, after all of it, with the list (:mod:`.links` says how that is told).

    Raises
    ------
    CanvasError
        It is no canvas, its arguments cannot be sent as JSON, or it holds one frozen signature twice.
    """
    whole = check(canvas)
    walk = Walk(native=False)
    ends = walk.over(whole)
    outputs: Inputs = None
    if ends:
        outputs = ends[0].inputs
    elif form(whole) != "chain":
        outputs = []
    return assemble(walk.nodes.values(), walk.edges, outputs)
