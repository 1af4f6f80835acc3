"""What the options of a signature say of the message of its task, and what they may not. Pure.

The names are those of Celery's ``apply_async``. It takes any others, too, and sends them nowhere, so that a
slip of the pen is noticed by nobody: :func:`misspelt` does.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import partial
from itertools import islice
from typing import Any

QUEUE = "celery"  # where Celery sends what says nothing
MODES = {1: 1, 2: 2, "transient": 1, "persistent": 2, None: 2}
RULES = "umbel"  # the option that is ours

ROUTE = ("queue", "exchange", "routing_key")
NUMBERS = ("priority", "countdown", "time_limit", "soft_time_limit")
#: What the graph says in their place, so that nobody heeds them.
UNHEEDED = ("link", "link_error", "chain", "chord", "task_id", "group_id")
_OTHERS = ("eta", "expires", "headers", "stamped_headers", "shadow", "ignore_result", "compression")
_OTHERS += ("delivery_mode", "serializer", "retry", "retry_policy", "argsrepr", "kwargsrepr", "reply_to")
_OTHERS += ("root_id", "parent_id", "add_to_parent", "producer", "connection", "router", "immutable")
_OTHERS += ("group_index", "replaced_task_nesting", "origin", "timezone", "exchange_type", "mandatory")
_OTHERS += ("immediate", "declare", "content_type", "content_encoding", "expiration", "timestamp", "type")
_OTHERS += ("message_id", "app_id", "user_id", "periodic_task_name", "chunk_size", "task_type")
KNOWN = frozenset((*ROUTE, *NUMBERS, *UNHEEDED, *_OTHERS, RULES))

LONGEST, MOST = 40, 50  # of names, and of unknown ones, that are compared with those that are known
ALIKE = 0.82  # how much two names have in common, from 0 to 1, where one is taken for a slip of the other


class Unsendable(Exception):
    """No message can be made of a task: why."""


def way(options: Mapping[str, Any], default: str = QUEUE) -> tuple[str, str]:
    """Return the exchange and the routing key by which a task with these options goes; raises Unsendable."""
    exchange, routing_key, queue = (options.get(name) for name in ("exchange", "routing_key", "queue"))
    if isinstance(queue, Mapping):  # a kombu.Queue in JSON
        queue = queue.get("name")
    if isinstance(exchange, Mapping):
        exchange = exchange.get("name")
    for name, value in (("exchange", exchange), ("routing_key", routing_key), ("queue", queue)):
        if value is not None and not isinstance(value, str):
            raise Unsendable(f"Its {name} is {value!r:.80}; it must be a name.")
    if exchange and routing_key:
        return exchange, routing_key
    return "", queue or default  # as Celery has it: either alone says nothing


def eta_of(options: Mapping[str, Any], sent: float) -> str | None:
    """Return the moment before which no worker begins a task that was ``sent`` then; raises Unsendable."""
    if countdown := number(options, "countdown"):
        return moment(countdown, sent)
    eta = options.get("eta")
    return moment(eta, sent) if not isinstance(eta, (int, float)) else None


def moment(value: Any, sent: float) -> str | None:
    """Return a moment as Celery spells it; numbers are seconds after the task was sent. Raises Unsendable."""
    if isinstance(value, Mapping) and value.get("__type__") in ("datetime", "date"):
        value = value.get("__value__")
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, (int, float)):
        raise Unsendable(f"{value!r:.80} is no time: give seconds or a date.")
    try:
        return datetime.fromtimestamp(sent + value, UTC).isoformat()
    except (OverflowError, OSError, ValueError):
        raise Unsendable(f"{value!r:.80} seconds are too long.") from None


def number(options: Mapping[str, Any], name: str) -> Any:
    """Return an option that is a number, or None; raises Unsendable."""
    value = options.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise Unsendable(f"Its {name} is {value!r:.80}; it must be a number.")
    return value


def mapping(options: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an option that is an object, empty where there is none; raises Unsendable."""
    value = options.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise Unsendable(f"Its {name} are {value!r:.80}; they must be an object.")
    return value or {}


def mode(value: Any) -> int:
    """Return a delivery mode as the broker has it; raises Unsendable."""
    try:
        return MODES[value]
    except (KeyError, TypeError):
        raise Unsendable(f"Its delivery_mode is {value!r:.80}; it must be 1 or 2.") from None


def compressed(value: Any) -> str | None:
    """Return how a message is compressed, if that can be done here; raises Unsendable."""
    from kombu import compression

    if value is None:
        return None
    try:
        compression.get_encoder(value)
    except (KeyError, TypeError):
        raise Unsendable(f"Its compression is {value!r:.80}, which is not installed here.") from None
    return value


# --- all of them


def faults(options: Mapping[str, Any], sent: float) -> Iterator[tuple[str, str]]:
    """Yield the names of options of which no message can be made if it is ``sent`` then, and why.

    >>> list(faults({"priority": "high"}, 0.0))
    [('priority', "Its priority is 'high'; it must be a number.")]
    """
    looks: dict[str, Callable[[], object]] = {name: partial(number, options, name) for name in NUMBERS}
    looks |= {name: partial(way, {name: options.get(name)}) for name in ROUTE}
    looks |= {name: partial(_time, options.get(name), sent) for name in ("eta", "expires")}
    looks["countdown"] = partial(eta_of, {"countdown": options.get("countdown")}, sent)
    looks["headers"] = partial(mapping, options, "headers")
    looks["delivery_mode"] = partial(mode, options.get("delivery_mode"))
    looks["compression"] = partial(compressed, options.get("compression"))
    for name in looks.keys() & options.keys():
        try:
            looks[name]()
        except Unsendable as why:
            yield name, str(why)


def misspelt(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names of options that nobody knows, and the known ones that they look like.

    >>> list(misspelt({"quue": "slow", "tenant": 7}))
    [('quue', 'queue')]
    """
    stamps = options.get("stamped_headers")
    own = {str(each) for each in stamps} if isinstance(stamps, list) else set[str]()
    unknown = (name for name in options if name not in KNOWN and name not in own and len(name) <= LONGEST)
    for name in islice(unknown, MOST):
        for like in get_close_matches(name, sorted(KNOWN), 1, ALIKE):
            yield name, like


def _time(value: Any, sent: float) -> None:
    """Raise Unsendable where a worker could not read a moment."""
    spelled = moment(value, sent)
    if spelled is None:
        return
    try:
        datetime.fromisoformat(spelled.replace("Z", "+00:00"))
    except ValueError:
        told = f"{value!r:.80} is no time: write a number of seconds, or a date such as 2030-01-31T12:00:00Z."
        raise Unsendable(told) from None
