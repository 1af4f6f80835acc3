"""What people and programs ask of the conductor, besides running something new."""

from typing import Any, NamedTuple

from ..observe import ID_LENGTH, number
from ..protocol import AGAIN, AMEND, CONTROL, RESUBMIT, REVOKE
from ..values import text
from .opening import Letter, Malformed, an_id

ASKED = 100_000  # nodes in one request, at most
ACTIONS = ("pause", "resume", "cancel")
NAME = 255  # characters of a run's name
REASON = 2_000  # characters of why
HASH = 64
SOMEBODY = "somebody"


class Request(NamedTuple):
    """Somebody wants something of a run; ``kind`` is that of the message."""

    id: str
    run: str
    nodes: list[str] | None  # of umbel.revoke
    terminate: bool
    by: str
    until: float | None
    reply_to: str | None
    kind: str = REVOKE
    at: float | None = None  # the sender's clock
    action: str | None = None  # of umbel.control
    name: str | None = None  # of umbel.again and umbel.resubmit
    why: str | None = None
    hash: str | None = None  # of umbel.resubmit and umbel.amend: what was seen of it
    choice: Any = None  # of umbel.resubmit, or the change of umbel.amend; looked into where it is planned


class Refused(NamedTuple):
    """A message that asked for something, and is not understood."""

    id: str
    reply_to: str
    code: str
    message: str


def request(letter: Letter) -> Request:
    """Return what is asked for; raises Malformed."""
    if letter.args is None or len(letter.args) != 1 or not isinstance(said := letter.args[0], dict):
        raise Malformed("its body is not [[request], kwargs, embed]")
    nodes = said.get("nodes") if letter.kind == REVOKE else None
    if nodes is not None and (not isinstance(nodes, list) or len(nodes) > ASKED):
        raise Malformed("its nodes are no list of ids")
    return Request(
        id=an_id(letter.id, "a request"),
        run=an_id(said.get("run"), "a run"),
        nodes=None if nodes is None else [an_id(node, "a task") for node in nodes],
        terminate=said.get("terminate") is True,
        by=asker(said.get("by")),
        until=number(said.get("until")),
        reply_to=letter.reply_to,
        kind=letter.kind,
        at=number(said.get("at")),
        action=_action(said.get("action")) if letter.kind == CONTROL else None,
        name=named(said.get("name")) if letter.kind in (AGAIN, RESUBMIT) else None,
        why=_reason(said.get("why")),
        hash=_hash(said.get("hash")),
        choice=said.get("change" if letter.kind == AMEND else "choice"),
    )


def _hash(value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or len(value) > HASH):
        raise Malformed("its hash is none")
    return value


def _reason(value: Any) -> str | None:
    """Return why somebody does something, as they say."""
    return (text(value, REASON) or "").strip() or None if isinstance(value, str) else None


def _action(value: Any) -> str:
    if not isinstance(value, str) or value not in ACTIONS:
        raise Malformed(f"its action is {value!r:.80}, and none of {', '.join(ACTIONS)}")
    return value


def asker(value: Any) -> str:
    """Return who asks."""
    return text(value, ID_LENGTH) or SOMEBODY


def named(value: Any) -> str | None:
    """Return the name that a run is given, if it is."""
    return (text(value, NAME) or "").strip() or None if isinstance(value, str) else None
