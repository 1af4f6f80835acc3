"""What reaches a signature in a walk, and the node that it makes of a task."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..dag import Inputs, Node
from ..errors import CanvasError
from .signatures import WIRING, Signature, listed, options, plain


class Flow(NamedTuple):
    """What reaches a signature: a value, and what must be over before it.

    ``value`` is the id of a node or a join, None for nothing, or ``()`` for the list of no results.
    """

    value: "str | tuple[()] | None" = None
    after: tuple[str, ...] = ()
    kind: str = "then"

    @property
    def inputs(self) -> Inputs:
        """The value in the form of a node's inputs."""
        return [] if isinstance(self.value, tuple) else self.value


class Given(NamedTuple):
    """What a signature gets from those around it."""

    options: Mapping[str, Any] = {}  # override its own
    args: tuple[Any, ...] = ()  # stand before its own
    kwargs: Mapping[str, Any] = {}  # override its own
    errors: tuple[Signature, ...] = ()  # error callbacks for each task in it
    name: str | None = None  # the id of its last task, if that has none
    chord: Signature | None = None  # the chord body that waits for its last task
    outermost: bool = True  # not in a group or header, which say themselves where results go
    followed: str | None = None  # by the rest of its "chain", by what is in a "message", or by nothing
    repeats: bool = False  # whether ids may stand here again: an error callback is copied to many tasks


def node_of(name: str, signature: Signature, flow: Flow, given: Given) -> Node:
    """Return the node that a task's signature makes."""
    task, immutable = signature["task"], bool(signature.get("immutable"))
    args, kwargs = tuple(signature.get("args") or ()), signature.get("kwargs") or {}
    if not immutable:
        args, kwargs = (*given.args, *args), {**kwargs, **given.kwargs} if given.kwargs else kwargs
    own = options(signature)
    if own or given.options:
        own = {k: v for k, v in {**own, **given.options}.items() if k not in WIRING}
    return Node(
        id=name,
        task=task,
        args=plain(args, "args", task),
        kwargs=plain(kwargs, "kwargs", task),
        immutable=immutable,
        options=plain(own, "options", task),
        inputs=None if immutable else flow.inputs,
    )


def errors_of(signature: Signature, given: Given) -> tuple[Signature, ...]:
    """Return the error callbacks of a signature: its own, and those that it was given and has not."""
    own = listed(signature, "link_error")
    try:
        return tuple(own + [errback for errback in given.errors if errback not in own])
    except RecursionError as error:
        raise CanvasError("Error callbacks are nested too deeply to tell them apart.") from error


def reaching(signature: Signature, flow: Flow) -> Flow:
    """Return what reaches the first tasks of a composition."""
    return Flow(None, flow.after, flow.kind) if signature.get("immutable") else flow
