"""The JSON of an announcement: kombu's, and never an error.

What JSON cannot carry (with a pickle serializer anything may be an argument) becomes ``{"__repr__": "..."}``,
cut at ``REPR`` characters.
"""

from collections.abc import Callable, Mapping
from json import encoder
from typing import Any

from celery.utils.saferepr import saferepr
from kombu.utils.json import JSONEncoder

REPR = 1024
DEPTH = 40  # of values that JSON refused; what lies deeper is shown as text

_JSON = JSONEncoder(separators=(",", ":"))


def _encoder() -> Callable[[Any], str]:
    """Return what encodes a value: the C encoder, made once, where ``json`` makes one for each value."""
    make: Any = getattr(encoder, "c_make_encoder", None)
    if make is None:  # not CPython
        return _JSON.encode
    # As JSONEncoder.iterencode makes it, but without the register of what is open: what contains itself
    # ends in a RecursionError, which is an error like others here.
    parts = make(None, _JSON.default, encoder.encode_basestring_ascii, None, ":", ",", False, False, True)
    return lambda value: "".join(parts(value, 0))


_encode = _encoder()


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
