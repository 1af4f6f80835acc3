"""The one walk over signatures that every graph of a canvas comes from.

It takes a signature and a *flow*, what reaches it, and returns its *ends*, the flows that leave it. Each
list of results is a join at first; :func:`~.assembly.assemble` later spells out those that one task
alone waits for. There are two ways to walk:

right
    What the canvas means: the rules by which Celery runs it, without the cases in which Celery breaks them.
    Ids are new unless the user set one.
native
    What Celery will do with a message that it is about to send, right or wrong. Ids are those that Celery
    uses; what has none yet is left out, since it will be announced when it is sent.

The ways part in three places only: a group that is followed by tasks which Celery has already put in a
message (each member is followed by them, and they run again and again), an empty header (it swallows what
reached it), and chunks (a task that sends a group nobody waits for).

It is bound by memory, not by Python's stack, however deeply a canvas is nested.
"""

import uuid
from collections.abc import Iterable
from typing import TypeAlias

from ..dag import Node
from ..errors import CanvasError
from ..wiring import Placed
from .flows import Flow, Given, errors_of, node_of, reaching
from .links import regrouped
from .signatures import (
    DELAYS,
    POLLING,
    Signature,
    alone,
    body,
    brief,
    check,
    form,
    group_id,
    header,
    header_id,
    header_kwargs,
    listed,
    members,
    options,
    parts,
)
from .trampoline import Call, run

Walking: TypeAlias = Call[list[Flow]]


class Walk:
    """One walk; ``nodes`` and ``edges`` hold what it has found."""

    def __init__(self, *, native: bool) -> None:
        self.native = native
        self.nodes: dict[str, Node] = {}
        self.edges: dict[Placed, None] = {}
        self._gathered: dict[str, str] = {}  # the joins of groups whose members are met one by one
        self._headed: set[str] = set()  # those whose body has been walked

    def over(self, signature: object) -> list[Flow]:
        """Walk over a whole signature and return its ends."""
        return run(self._visit(signature, Flow(), Given()))

    def _visit(self, signature: object, flow: Flow, given: Given) -> Walking:
        found = check(signature)
        walk = {
            "task": self._task,
            "chain": self._chain,
            "group": self._group,
            "chord": self._chord,
            "chunks": self._task if self.native else self._group,
        }[form(found)]
        later = listed(found, "chain")
        if not later:
            return (yield from walk(found, flow, given))
        # The rest of a chain whose first step carries it, last step first.
        flows = yield from walk(found, flow, given._replace(followed="message"))
        inner = Given(outermost=given.outermost, followed="message", repeats=given.repeats)
        for step in later[:0:-1]:
            flows = yield from self._next(step, flows, inner)
        return (yield from self._next(later[0], flows, inner._replace(followed=given.followed)))

    def _next(self, step: object, flows: list[Flow], given: Given) -> Walking:
        ends: list[Flow] = []
        for flow in flows:
            ends += yield self._visit(step, flow, given)
        return list(dict.fromkeys(ends)) or flows

    # The forms of a signature

    def _task(self, signature: Signature, flow: Flow, given: Given) -> Walking:
        if (name := self._name(signature, given)) is None:
            return [Flow(None, flow.after, flow.kind)]
        for parent in flow.after:
            self._edge(parent, name, flow.kind)
        if name in self.nodes:  # native only: the same id is sent again
            return [Flow(name, (name,))]
        self.nodes[name] = node_of(name, signature, flow, given)
        for link in listed(signature, "link"):
            yield self._visit(link, Flow(name, (name,), "link"), Given(repeats=given.repeats))
        for errback in errors_of(signature, given):
            yield self._visit(errback, Flow(None, (name,), "error"), Given(repeats=True))
        yield self._leave(signature, name, given)
        return [Flow(name, (name,))]

    def _chain(self, signature: Signature, flow: Flow, given: Given) -> Walking:
        steps = members(signature)
        first = given._replace(
            options={**options(signature), **given.options},
            args=(*given.args, *(signature.get("args") or ())),
            errors=errors_of(signature, given),
            name=None,
            chord=None,
        )
        inner = Given(errors=first.errors, outermost=given.outermost, followed="chain", repeats=given.repeats)
        flows, ran = [reaching(signature, flow)], False
        for position, step in enumerate(steps):
            context = inner if ran else first._replace(followed="chain")
            if position == len(steps) - 1:
                context = context._replace(
                    followed=given.followed,
                    name=options(signature).get("task_id") or given.name,
                    chord=options(signature).get("chord") or given.chord,
                )
            step, ends = alone(check(step, "A chain")), []
            for reached in flows:
                ends += yield self._visit(step, reached, context)
            if ends:  # else an empty group or chain, which is skipped
                flows, ran = list(dict.fromkeys(ends)), True
        if not ran:
            return []
        yield self._linked(signature, flows, given)
        return flows

    def _group(self, signature: Signature, flow: Flow, given: Given) -> Walking:
        signature = self._regrouped(signature)
        ends = yield self._members(signature, flow, given)
        if not ends:
            return []
        if self.native and given.followed == "message":
            yield self._linked(signature, ends, given)
            return ends
        join = self._join(options(signature).get("task_id"), ends)
        yield self._linked(signature, ends if self.native else [join], given)
        if isinstance(join.value, str):
            yield self._leave(signature, join.value, given)
        return [join]

    def _members(self, signature: Signature, flow: Flow, given: Given) -> Walking:
        """Walk over the members of a group or the parts of chunks."""
        context = given._replace(
            options={**options(signature), **given.options},
            errors=errors_of(signature, given),
            name=None,
            chord=None,
            outermost=False,
            followed=given.followed if self.native and given.followed == "message" else None,
        )
        tasks = parts(signature) if form(signature) == "chunks" else members(signature)
        return (yield self._collect(tasks, flow, context, context.errors))

    def _collect(
        self, tasks: Iterable[object], flow: Flow, context: Given, errors: tuple[Signature, ...]
    ) -> Walking:
        """Walk over signatures that run side by side; ``errors`` are for the chords among them.

        The members of a group directly among them are members themselves.
        """
        ends: list[Flow] = []
        for task in tasks:
            member = check(task, "A group")
            kind = form(member)
            if kind == "group" or (kind == "chunks" and not self.native):
                member = self._regrouped(member)
                found = yield self._members(member, flow, context)
                if found and listed(member, "link"):
                    yield self._linked(member, found if self.native else [self._join(None, found)], context)
            else:
                inner = context._replace(errors=errors) if kind == "chord" else context
                found = yield self._visit(member, flow, inner)
            ends += found
        return ends

    def _chord(self, signature: Signature, flow: Flow, given: Given) -> Walking:
        own = {name: value for name, value in options(signature).items() if name not in POLLING}
        errors = errors_of(signature, given)
        around = Given(
            options={**own, **given.options},
            args=(*given.args, *(signature.get("args") or ())),
            kwargs={**given.kwargs, **header_kwargs(signature)},
            outermost=False,
            repeats=given.repeats,
        )
        reached = reaching(signature, flow)
        # Celery hands the error callbacks of a chord to its body and to the chords in its header.
        ends = yield self._collect(header(signature), reached, around, errors)
        if ends:
            reached = self._join(header_id(signature), ends)
        elif self.native or not reached.after:
            reached = reached._replace(value=())
        # Else an empty group in a chain, which is skipped; Celery may have made it the header of a chord.
        context = Given(
            options={name: value for name, value in around.options.items() if name not in DELAYS},
            errors=errors,
            name=given.name or (options(signature).get("task_id") if given.outermost else None),
            chord=options(signature).get("chord") or given.chord,
            outermost=given.outermost,
            followed=self._after_body(signature, given),
            repeats=given.repeats,
        )
        finished = yield self._visit(body(signature), reached, context)
        if not finished:  # the body is empty: there is a list, and nobody who takes it
            return [reached] if ends else []
        yield self._linked(signature, finished, given)
        return finished

    # What they have in common

    def _after_body(self, signature: Signature, given: Given) -> str | None:
        """Return what follows the body of a chord.

        Celery takes the steps of a body that begins with a task into the chain around it. To any other body
        it hands the rest of the chain in a message.
        """
        if given.followed != "chain":
            return given.followed
        found = body(signature)
        if form(found) == "chain" and (steps := members(found)) and form(check(steps[0])) != "group":
            return "chain"
        return "message"

    def _regrouped(self, signature: Signature) -> Signature:
        return signature if self.native or form(signature) != "group" else regrouped(signature)

    def _linked(self, signature: Signature, ends: list[Flow], given: Given) -> Walking:
        """Walk over the success callbacks of a composition: each gets what the whole of it returns."""
        for link in listed(signature, "link"):
            for end in ends:
                yield self._visit(link, end._replace(kind="link"), Given(repeats=given.repeats))
        return []

    def _leave(self, signature: Signature, name: str, given: Given) -> Walking:
        """Take a result to the chord that it is a part of, when that is known from the signature alone."""
        chord = options(signature).get("chord") or given.chord
        if not chord or not given.outermost:
            return []
        if group := group_id(signature):
            join = self._gather(group)
            if join != name:
                self._edge(name, join, "then", options(signature).get("group_index"))
        else:
            join = name if self.nodes[name].is_join else str(self._join(None, [Flow(name, (name,))]).value)
        if chord is not True and join not in self._headed:
            self._headed.add(join)
            yield self._visit(chord, Flow(join, (join,)), Given(repeats=given.repeats))
        return []

    def _gather(self, group: str) -> str:
        if group not in self._gathered:
            name = self._gathered[group] = group if self.native else str(uuid.uuid4())
            self.nodes.setdefault(name, Node(id=name, task=None))
        return self._gathered[group]

    def _join(self, group: object, ends: list[Flow]) -> Flow:
        """Return the list of what the ends carry."""
        values = [str(end.value) for end in ends if end.value]
        if not values:  # they will be announced when they are sent
            return ends[0]
        if not self.native:
            name = str(uuid.uuid4())
        elif not isinstance(name := group, str):
            # The same members must give the same join whenever they are announced.
            name = str(uuid.uuid5(uuid.NAMESPACE_OID, "|".join(values)))
        self.nodes.setdefault(name, Node(id=name, task=None))
        for position, value in enumerate(values):
            self._edge(value, name, "then", position)
        return Flow(name, (name,))

    def _edge(self, parent: str, child: str, kind: str, position: object = None) -> None:
        if parent != child:
            self.edges[Placed(parent, child, kind, position if isinstance(position, int) else None)] = None

    def _name(self, signature: Signature, given: Given) -> str | None:
        """Return the id of a task; None if Celery has given it none yet."""
        name = options(signature).get("task_id") or given.name
        if self.native:
            return name if isinstance(name, str) else None
        if name is None:
            return str(uuid.uuid4())
        if not isinstance(name, str):
            raise CanvasError(f"The task_id of {brief(signature['task'])} must be text, not {brief(name)}.")
        if name in self.nodes and given.repeats:
            return str(uuid.uuid4())
        if name in self.nodes:
            raise CanvasError(
                f"The frozen signature {brief(signature['task'])} ({brief(name, 40)}) stands in the canvas "
                "twice; it can run only once. Use a .clone() without a task_id."
            )
        return name
