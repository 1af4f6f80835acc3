"""What is asked about bulks: to begin one, and to stop it."""

from dataclasses import fields
from typing import Any, NamedTuple

from ..machine import RUN_STATES
from ..observe import number
from ..protocol import BULK
from ..store.filters import RunFilters
from ..values import text
from .asked import asker
from .opening import Letter, Malformed, an_id

LONGEST = 2_000  # characters of a reason, and of what is searched for
HASH = 64


class BulkRequest(NamedTuple):
    """Somebody wants the runs that fit resubmitted, if they are those that were seen."""

    id: str
    filters: RunFilters
    hash: str
    by: str
    why: str | None
    until: float | None
    reply_to: str | None


class BulkStop(NamedTuple):
    """Somebody wants nothing more of a bulk begun."""

    id: str
    bulk: str
    by: str
    why: str | None
    until: float | None
    reply_to: str | None


def bulk_request(letter: Letter) -> BulkRequest | BulkStop:
    """Return what is asked for; raises Malformed."""
    if letter.args is None or len(letter.args) != 1 or not isinstance(said := letter.args[0], dict):
        raise Malformed("its body is not [[request], kwargs, embed]")
    message_id = an_id(letter.id, "a request")
    rest = (asker(said.get("by")), _reason(said.get("why")), number(said.get("until")), letter.reply_to)
    if letter.kind == BULK:
        return BulkRequest(message_id, _filters(said.get("filter")), _hash(said.get("hash")), *rest)
    return BulkStop(message_id, an_id(said.get("bulk"), "a bulk"), *rest)


def _filters(given: Any) -> RunFilters:
    """Return a filter as :class:`RunFilters` names what it has; what is unknown would choose other runs."""
    if not isinstance(given, dict):
        raise Malformed("its filter is no object")
    checks = {each.name: _TYPES.get(each.name, _is_text) for each in fields(RunFilters)}
    for name, value in given.items():
        if name not in checks:
            raise Malformed(f"its filter says {name!r:.80}, which nobody here knows")
        if value is not None and not checks[name](value):
            raise Malformed(f"its filter's {name} is {value!r:.80}")
    kept: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    kept["states"] = tuple(kept.get("states", ()))
    return RunFilters(**kept)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_moment(value: Any) -> bool:
    return number(value) is not None


def _are_states(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each in RUN_STATES for each in value)


_TYPES = {
    "states": _are_states,
    "since": _is_moment,
    "until": _is_moment,
    "singles": _is_flag,
    "resolved": _is_flag,
    "superseded": _is_flag,
}


def _hash(value: Any) -> str:
    if not isinstance(value, str) or len(value) > HASH:
        raise Malformed("its hash is none")
    return value


def _reason(value: Any) -> str | None:
    return (text(value, LONGEST) or "").strip() or None if isinstance(value, str) else None
