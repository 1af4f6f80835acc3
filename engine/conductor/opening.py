"""A message of the queue as what its sender called: kind, id, arguments. Only JSON is ever opened.

Celery's second protocol has kind and id in the headers, the first has all of it in the body.
"""

import json
from typing import Any, NamedTuple

from ..errors import UmbelError
from ..observe import ID_LENGTH, clean
from ..protocol import REPLY
from .mailbox import Delivery

JSON = "application/json"


class Malformed(UmbelError):
    """A message that is not of the protocol's shape. ``code`` is for whoever asked."""

    def __init__(self, message: str, code: str = "malformed") -> None:
        super().__init__(message)
        self.code = code


class Letter(NamedTuple):
    """A message that was opened, or of which the headers say enough."""

    kind: str
    id: Any
    root: Any
    args: list[Any] | None  # None where the body is no JSON
    kwargs: dict[str, Any]
    content_type: str | None
    at: float  # when it came
    reply_to: str | None


def letter(delivery: Delivery, kinds: frozenset[str], *, sealed: frozenset[str] = frozenset()) -> Letter:
    """Open a message of one of ``kinds``; of those in ``sealed`` one that is no JSON is left closed.

    Raises
    ------
    Malformed
        It cannot be opened, is of no known kind, or has no arguments.
    """
    if delivery.fault:
        raise Malformed(delivery.fault)
    headers = delivery.headers
    if (kind := headers.get("task")) is None and delivery.content_type == JSON:
        return _first(delivery, kinds)
    if not isinstance(kind, str) or kind not in kinds:
        raise Malformed(f"nobody here knows messages of kind {kind!r:.80}")
    args, kwargs = None, {}
    if kind not in sealed or delivery.content_type == JSON:
        body = _body(delivery)
        if not isinstance(body, list) or not body or not isinstance(body[0], list):
            raise Malformed("its body is not [args, kwargs, embed]")
        args, kwargs = body[0], body[1] if len(body) > 1 and isinstance(body[1], dict) else {}
    return _letter(delivery, kind, headers.get("id"), headers.get("root_id"), args, kwargs)


def _first(delivery: Delivery, kinds: frozenset[str]) -> Letter:
    body = _body(delivery)
    kind = body.get("task") if isinstance(body, dict) else None
    if not isinstance(kind, str) or kind not in kinds or not isinstance(body.get("args"), list):
        raise Malformed(f"nobody here knows messages of kind {kind!r:.80}")
    kwargs = body.get("kwargs")
    return _letter(
        delivery, kind, body.get("id"), None, body["args"], kwargs if isinstance(kwargs, dict) else {}
    )


def _letter(
    delivery: Delivery, kind: str, message_id: Any, root: Any, args: list[Any] | None, kwargs: dict[str, Any]
) -> Letter:
    return Letter(
        kind, message_id, root, args, kwargs, delivery.content_type, delivery.at, reply_to(delivery)
    )


def reply_to(delivery: Delivery) -> str | None:
    """Return the queue for an answer to a message, if it names one that is meant for that."""
    named = delivery.reply_to
    return named if isinstance(named, str) and named.startswith(REPLY) and len(named) <= ID_LENGTH else None


def _body(delivery: Delivery) -> Any:
    if delivery.content_type != JSON:
        raise Malformed(f"its content is {delivery.content_type!r:.80}, not JSON; it was not opened")
    try:
        return json.loads(delivery.body)
    except (RecursionError, TypeError, ValueError) as error:
        raise Malformed(f"its body is no JSON: {error!r:.80}") from None


def an_id(value: Any, what: str) -> str:
    """Return ``value`` if it can be an id of ``what``; raises Malformed."""
    if not isinstance(value, str) or not 0 < len(value) <= ID_LENGTH or clean(value) != value:
        raise Malformed(f"{value!r:.80} is no id of {what}")
    return value
