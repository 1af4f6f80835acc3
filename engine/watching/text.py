"""The JSON of an announcement: kombu's, and never an error.

What JSON cannot carry (with a pickle serializer anything may be an argument) becomes ``{"__repr__": "..."}``,
cut at ``REPR`` characters.
"""

from collections.abc import Mapping
from typing import Any

from celery.utils.saferepr import saferepr
from kombu.utils.json import JSONEncoder

REPR = 1024
DEPTH = 40  # of values that JSON refused; what lies deeper is shown as text

_encode = JSONEncoder(separators=(",", ":")).encode


def dumps(value: Any) -> str:
    """Return ``value`` as JSON, with what has no JSON form as text."""
    try:
        return _encode(value)
    # An encoder of the user's own (__json__) may raise anything.
    except Exception:
        return _encode(_plain(value, DEPTH))


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return value
    if depth and isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(part, depth - 1) for key, part in value.items()}
    if depth and isinstance(value, (list, tuple)):
        return [_plain(part, depth - 1) for part in value]
    try:
        _encode(value)
    except Exception:
        return {"__repr__": saferepr(value, REPR)}
    return value
