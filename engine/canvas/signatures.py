"""Celery's signatures, read as the dicts that they are.

A canvas object and its JSON form have one shape, so both are read in the same way, and nothing here needs
the objects' methods (most of which freeze or clone)::

    {"task", "args", "kwargs", "options", "subtask_type", "immutable"}

``subtask_type`` is ``chain`` or ``group`` (``kwargs["tasks"]``), ``chord`` (``kwargs["header"]`` and
``kwargs["body"]``), or null for a task. Chunks have no type of their own and are known by their task's name.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from kombu.utils.json import dumps

from ..errors import CanvasError

Signature: TypeAlias = Mapping[str, Any]

_STRUCTURE = ("link", "link_error", "chain", "chord", "use_link", "add_to_parent")
_IDENTITY = ("task_id", "group_id", "group_index", "root_id", "parent_id", "reply_to")
_TRANSPORT = ("app", "connection", "producer", "publisher", "result_cls", "router")

# What Celery itself keeps among a signature's options: how tasks hang together, who runs them and through
# which connection. A graph says the first by its edges, and the rest is of no use outside the process.
WIRING = frozenset((*_STRUCTURE, *_IDENTITY, *_TRANSPORT))

# A chord takes these for itself: how often its result backend is polled for the header.
POLLING = frozenset(("interval", "max_retries", "eager", "propagate"))

# These delay the header of a chord, and its body only by that.
DELAYS = frozenset(("countdown", "eta"))

_SCALARS = frozenset((str, int, float, bool, type(None)))


def check(value: object, where: str = "A canvas") -> Signature:
    """Return ``value`` if it has the shape of a signature.

    Raises
    ------
    CanvasError
        It is something else; ``where`` begins the message.
    """
    if not isinstance(value, Mapping):
        hint = "; call its .s() first" if callable(getattr(value, "s", None)) else ""
        raise CanvasError(f"{where} is made of signatures (or their JSON), not {brief(value)}{hint}.")
    if not isinstance(value.get("task"), str) or not value["task"]:
        raise CanvasError(f"{where} holds a signature that does not name its task: {brief(dict(value))}.")
    for name in ("kwargs", "options"):
        if not isinstance(value.get(name) or {}, Mapping):
            raise CanvasError(f"{name} of {brief(value['task'])} must be a dict, not {brief(value[name])}.")
    if not isinstance(value.get("args") or (), (list, tuple)):
        raise CanvasError(f"args of {brief(value['task'])} must be a list, not {brief(value['args'])}.")
    return value


def form(signature: Signature) -> str:
    """Return what a signature is: ``task``, ``chain``, ``group``, ``chord`` or ``chunks``."""
    if (subtype := signature.get("subtask_type")) in ("chain", "group", "chord"):
        return subtype
    if signature["task"] == "celery.chunks" and {"task", "it", "n"} <= (signature.get("kwargs") or {}).keys():
        return "chunks"
    return "task"


def options(signature: Signature) -> Mapping[str, Any]:
    """Return the options of a signature, empty if it has none."""
    return signature.get("options") or {}


def members(signature: Signature) -> list[Signature]:
    """Return the steps of a chain or the members of a group.

    A generator stands in a canvas as Celery's ``regen``, which keeps what it has yielded: the canvas can
    still be sent afterwards. A bare iterator would be used up, so it is refused.
    """
    return _listed((signature.get("kwargs") or {}).get("tasks"), signature["subtask_type"])


def header(signature: Signature) -> list[Signature]:
    """Return the header of a chord.

    A chain that stands for the header is no chain there: its tasks run side by side, as in Celery.
    """
    tasks = (signature.get("kwargs") or {}).get("header")
    if isinstance(tasks, Mapping):
        inner = check(tasks, "The header of a chord")
        return members(inner) if form(inner) in ("group", "chain") else [inner]
    return _listed(tasks, "chord")


def header_kwargs(signature: Signature) -> Mapping[str, Any]:
    """Return the keyword arguments that a chord has for each task of its header."""
    found = (signature.get("kwargs") or {}).get("kwargs") or {}
    if not isinstance(found, Mapping):
        raise CanvasError(f"The kwargs for the header of a chord must be a dict, not {brief(found)}.")
    return found


def body(signature: Signature) -> Signature:
    """Return the body of a chord."""
    if (found := (signature.get("kwargs") or {}).get("body")) is None:
        raise CanvasError("A chord has no body. Give it one: chord(header, body).")
    return check(found, "The body of a chord")


def header_id(signature: Signature) -> object:
    """Return the group id of a chord's header."""
    tasks = (signature.get("kwargs") or {}).get("header")
    inner = options(tasks).get("task_id") if isinstance(tasks, Mapping) else None
    return inner or options(signature).get("task_id")


def group_id(signature: Signature) -> str | None:
    """Return the id of the group that a signature's result belongs to.

    A group in a group keeps it with its tasks. Its own option may have been overwritten, by Celery, with the
    id of the header that it is the body of.
    """
    inner: Any = signature
    while isinstance(inner, Mapping) and (kind := form(check(inner))) in ("chain", "group", "chord"):
        if kind == "chord":
            inner = body(inner)
        else:
            tasks = members(inner)
            inner = tasks[0 if kind == "group" else -1] if tasks else None
    found = options(inner).get("group_id") if isinstance(inner, Mapping) else None
    found = found or options(signature).get("group_id")
    return found if isinstance(found, str) else None


def parts(signature: Signature) -> Iterator[Signature]:
    """Yield the ``celery.starmap`` signatures that chunks are made of."""
    kwargs = signature["kwargs"]
    items, size = kwargs["it"], kwargs["n"]
    if not isinstance(items, (list, tuple)) or not isinstance(size, int) or size < 1:
        raise CanvasError(f"Chunks need a list and a size from 1 on, not {brief(items)} and {brief(size)}.")
    items = list(items)
    for start in range(0, len(items), size):
        yield {
            "task": "celery.starmap",
            "args": (),
            "kwargs": {"task": kwargs["task"], "it": items[start : start + size]},
            "immutable": True,
        }


def listed(signature: Signature, option: str) -> list[Any]:
    """Return an option that may be missing, one signature, or several."""
    value = options(signature).get(option)
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def alone(signature: Signature) -> Signature:
    """Return the only member of a group of one with what the group was given, else ``signature`` itself.

    That is what stands in a chain in the place of such a group: its result is no list.
    """
    while form(signature) == "group":
        tasks = members(signature)
        if len(tasks) != 1:
            break
        given = {k: v for k, v in options(signature).items() if k not in WIRING}
        member = check(tasks[0], "A group")
        for name in ("link", "link_error"):
            if extra := listed(signature, name):
                given[name] = listed(member, name) + extra
        signature = {**member, "options": {**options(member), **given}} if given else member
    return signature


def plain(value: Mapping[str, Any] | tuple[Any, ...], what: str, task: str) -> Any:
    """Return a copy of ``value`` that is pure JSON, exactly as Celery's JSON serializer would send it.

    Dates, UUIDs, decimals, bytes and the like become the tagged objects that kombu makes of them, so that
    workers get back what was put in.
    """
    if isinstance(value, Mapping):
        if all(type(key) is str and type(part) in _SCALARS for key, part in value.items()):
            return dict(value)
    elif all(type(part) in _SCALARS for part in value):
        return list(value)
    try:
        return json.loads(dumps(value))
    except Exception as error:  # whatever an object's own __json__ raises, too
        why = brief(str(error) or type(error).__name__, 80)
        raise CanvasError(f"The {what} of {brief(task)} cannot be sent as JSON: {why}.") from error


def brief(value: object, limit: int = 60) -> str:
    """Return ``value`` as text that is short enough for a message."""
    text = value if isinstance(value, str) else _described(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _described(value: object) -> str:
    # The repr of a canvas or of data can be as large as itself; names and numbers are not.
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return f"a {type(value).__name__} with {', '.join(map(str, list(value)[:4])) or 'nothing in it'}"
    return f"a {type(value).__name__}"


def _listed(tasks: object, owner: str) -> list[Signature]:
    if not isinstance(tasks, (list, tuple)):
        raise CanvasError(f"A {owner} holds a list of signatures, not {brief(tasks)}: make it a list.")
    return list(tasks)
