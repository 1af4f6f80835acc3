"""Values from tasks as JSON text, cut at a stated size, with nothing in them that a database refuses.

A value over ``LIMIT`` stands beside its node in part: each argument (item of a list, member of an object)
that does not fit is replaced by ``{"cut": <the first 1,024 characters of its JSON text>, "size": <characters
in all>}``. Items after the room is used up are left out, and one last item ``{"cut": "", "size": ...,
"more": <how many>}`` says so. What is kept of it whole is kept apart: see :mod:`umbel.engine.store.keeping`.
"""

import json
import math
from collections.abc import Callable
from json import encoder
from typing import Any

LIMIT = 8 * 1024  # characters of one value (args, kwargs, options, a result, a traceback) beside its node
WHOLE = 1024 * 1024  # characters of one value that are looked at, at most
PREFIX = 1024  # characters that remain of an argument that does not fit

UNREAL = ("NaN", "Infinity")  # what Python's JSON has and nobody else's


def _encoder() -> Callable[[Any], str]:
    """Return what encodes a value: the C encoder, made once, where ``json`` makes one for each value."""
    plain = json.JSONEncoder(separators=(",", ":"))
    make: Any = getattr(encoder, "c_make_encoder", None)
    if make is None:  # not CPython
        return plain.encode
    # Without the register of what is open: what contains itself ends in a RecursionError.
    parts = make(None, plain.default, encoder.encode_basestring_ascii, None, ":", ",", False, False, True)
    return lambda value: "".join(parts(value, 0))


_encode = _encoder()


def text(value: Any, limit: int = WHOLE) -> str | None:
    """Return hostile text that every database takes: no NUL, no lone surrogates, at most ``limit`` long."""
    if value is None:
        return None
    raw = value if isinstance(value, str) else str(value)
    raw = raw[:limit].replace("\x00", "\ufffd")
    return raw if raw.isascii() else raw.encode("utf-8", "replace").decode("utf-8")


def dumps(value: Any) -> str:
    """Return ``value`` as compact JSON, pure ASCII (so that no database stumbles over a character)."""
    return _encode(value)


def is_real(whole: str) -> bool:
    """Whether the JSON text ``whole`` is JSON to everybody, and not to Python alone."""
    if not any(word in whole for word in UNREAL):
        return True
    met: list[str] = []
    json.loads(whole, parse_constant=met.append)
    return not met


def real(value: Any) -> Any:
    """Return ``value`` with ``{"__repr__": "nan"}`` for each number that JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"__repr__": repr(value)}
    if isinstance(value, dict):
        return {name: real(each) for name, each in value.items()}
    return [real(each) for each in value] if isinstance(value, list | tuple) else value


def fit(value: Any, limit: int = LIMIT) -> str:
    """Return ``value`` as JSON text of about ``limit`` characters at most (see the head of this module)."""
    whole = dumps(value)
    if len(whole) <= limit:
        return whole
    if isinstance(value, list):
        return dumps(_fit_list(value, limit))
    if isinstance(value, dict):
        kept = _fit_list(list(value.items()), limit)
        return dumps(dict(_member(item) for item in kept))
    return dumps(_cut(whole))


def _cut(whole: str) -> dict[str, Any]:
    return {"cut": whole[:PREFIX], "size": len(whole)}


def _fit_list(items: list[Any], limit: int) -> list[Any]:
    kept: list[Any] = []
    room = limit
    for position, item in enumerate(items):
        small, cost = _fit_item(item, room)
        if cost > room:
            rest = sum(len(dumps(each)) for each in items[position:])
            return [*kept, {"cut": "", "size": rest, "more": len(items) - position}]
        kept.append(small)
        room -= cost
    return kept


def _fit_item(item: Any, room: int) -> tuple[Any, int]:
    whole = dumps(item)
    if len(whole) <= room:
        return item, len(whole)
    if isinstance(item, tuple):  # a member of an object: the name stays, the value is cut
        name = str(item[0])[:PREFIX]
        return (name, _cut(dumps(item[1]))), len(name) + 2 * PREFIX
    return _cut(whole), 2 * PREFIX


def _member(item: Any) -> tuple[str, Any]:
    return (item[0], item[1]) if isinstance(item, tuple) else ("...", item)
