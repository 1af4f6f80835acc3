"""From a node that goes out to the message that Celery's workers read (task protocol 2).

All that a signature says of its message is heeded: ``queue``, ``exchange`` and ``routing_key``,
``priority``, ``countdown``, ``eta``, ``expires``, ``time_limit``, ``soft_time_limit``, ``headers``, stamps,
``shadow``, ``ignore_result``, ``compression`` and ``delivery_mode``. The body is JSON, whatever serializer
an app prefers. A queue that is named is published to by its name alone, and never declared: it may have
arguments of its own.
"""

import json
import socket
from collections.abc import Iterable
from typing import Any, NamedTuple

from kombu.utils.functional import maybe_list

from ..evidence import PLANNED
from ..options import QUEUE, Unsendable, compressed, eta_of, mapping, mode, moment, number, way
from ..run import Node, Run
from .arguments import Arguments
from .callbacks import callbacks
from .known import Known, Signature

SHOWN = 1024  # characters of arguments that a worker logs
ORIGIN = f"umbel@{socket.gethostname()}"


class Envelope(NamedTuple):
    """A message, and where it goes."""

    body: str
    headers: dict[str, Any]
    exchange: str
    routing_key: str
    properties: dict[str, Any]


class Dispatch:
    """Makes messages.

    Parameters
    ----------
    transport
        kombu's name of the kind of broker.
    queue
        Where a task goes that does not say it.
    """

    def __init__(self, known: Known, transport: str, queue: str = QUEUE) -> None:
        self.known = known
        self.transport = transport
        self.queue = queue

    def envelopes(self, run: Run, indexes: Iterable[int]) -> dict[int, Envelope | Unsendable]:
        """Return the messages of some nodes of ``run``, or why there is none."""
        wanted = list(indexes)
        arguments = Arguments(run, self.known)
        called = {index: _called(run, run.nodes[index]) for index in wanted}
        arguments.prepare(wanted)
        errbacks = {child for each in called.values() for child in each}
        arguments.signatures |= self.known.signatures_of(run, errbacks - arguments.signatures.keys())
        made: dict[int, Envelope | Unsendable] = {}
        for index in wanted:
            try:
                made[index] = self._envelope(run, index, arguments, called[index])
            except Unsendable as why:
                made[index] = why
        return made

    def _envelope(self, run: Run, index: int, arguments: Arguments, called: list[int]) -> Envelope:
        if (signature := arguments.signatures.get(index)) is None:
            raise Unsendable("Its signature is not in the database.")
        node, options = run.nodes[index], signature.options
        task_id = node.attempt_id or node.id
        if node.tally.errors:
            parent = _failed(run, index)
            args = _failed_first(parent, signature)
        else:
            parent, args = arguments.parent(index), arguments.of(index)
        headers = _headers(run, node, signature, args) | {"parent_id": parent}
        headers |= mapping(options, "headers")
        exchange, routing_key = way(options, self.queue)
        properties = {
            "correlation_id": task_id,
            "reply_to": "",
            "priority": number(options, "priority") or 0,
            "delivery_mode": mode(options.get("delivery_mode")),
            "compression": compressed(options.get("compression")),
        }
        embed = self._embed(run, task_id, [self._errback(run, each, arguments) for each in called])
        return Envelope(f"[{args},{signature.kwargs},{embed}]", headers, exchange, routing_key, properties)

    def _embed(self, run: Run, task_id: str, errbacks: list[dict[str, Any]]) -> str:
        done, failed = callbacks(run.id, task_id, self.transport)
        whole = {"callbacks": [done], "errbacks": [failed, *errbacks], "chain": None, "chord": None}
        return json.dumps(whole, separators=(",", ":"))

    def _errback(self, run: Run, index: int, arguments: Arguments) -> dict[str, Any]:
        """Return an error callback as the worker calls it; it tells us of its end if it is a task."""
        if (signature := arguments.signatures.get(index)) is None:
            raise Unsendable("The signature of its error callback is not in the database.")
        node = run.nodes[index]
        done, failed = callbacks(run.id, node.id, self.transport)
        own = {name: value for name, value in signature.options.items() if name != "umbel"}
        return {
            "task": signature.task,
            "args": json.loads(signature.args),
            "kwargs": json.loads(signature.kwargs),
            "options": own | {"task_id": node.id, "link": [done], "link_error": [failed]},
            "subtask_type": None,
            "immutable": signature.immutable,
        }


def _called(run: Run, node: Node) -> list[int]:
    """Return the error callbacks that a worker is to call, if the task fails.

    Where the conductor would try it again it calls them itself, after the last attempt. What a plan skipped
    is not to run whoever fails.
    """
    if node.rules is not None and node.rules.retries:
        return []
    return [
        child
        for child, kind in run.children[node.idx]
        if kind == "error" and not _is_decided(run.nodes[child])
    ]


def _is_decided(node: Node) -> bool:
    return any(piece.kind in PLANNED for piece in node.evidence)


def _failed(run: Run, index: int) -> str | None:
    """Return the id of the task whose failure an error callback is called for."""
    callers = sorted(run.callers.get(index, ()))
    dead = [each for each in callers if run.nodes[each].state in ("FAILURE", "REVOKED", "BLOCKED")]
    return run.nodes[dead[0]].id if dead else None


def _failed_first(failed: str | None, signature: Signature) -> str:
    """Return the arguments of an error callback: the id of the task that failed, and its own."""
    if signature.immutable or failed is None:
        return signature.args
    own = signature.args[1:-1]
    return f"[{json.dumps(failed)},{own}]" if own else f"[{json.dumps(failed)}]"


def _headers(run: Run, node: Node, signature: Signature, args: str) -> dict[str, Any]:
    options = signature.options
    sent = node.sent or run.created
    stamped = maybe_list(options.get("stamped_headers"))
    return {
        "lang": "py",
        "task": signature.task,
        "id": node.attempt_id or node.id,
        "shadow": options.get("shadow"),
        "eta": eta_of(options, sent),
        "expires": moment(options.get("expires"), sent),
        "group": None,
        "group_index": None,
        "retries": 0,
        "timelimit": [number(options, "time_limit"), number(options, "soft_time_limit")],
        "root_id": run.id,
        "argsrepr": options.get("argsrepr") or _shown(args, "({})"),
        "kwargsrepr": options.get("kwargsrepr") or _shown(signature.kwargs, "{}"),
        "origin": ORIGIN,
        "ignore_result": options.get("ignore_result"),
        "replaced_task_nesting": 0,
        "stamped_headers": stamped,
        "stamps": {name: maybe_list(options.get(name)) for name in stamped or ()},
    }


def _shown(text: str, form: str) -> str:
    """Return arguments as a worker logs them."""
    if len(text) > SHOWN:
        return form.format(text[1 : SHOWN - 4] + "...")
    value = json.loads(text)
    if isinstance(value, list):
        return repr(tuple(value))
    return repr(value)
