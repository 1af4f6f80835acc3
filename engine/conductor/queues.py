"""Whether tasks wait in queues of the broker, as far as that can be told without taking anything out.

On Redis a queue is a list for each priority, and is read in pieces. A queue longer than ``LONGEST`` is not
read: anything may be in it. Elsewhere nobody can look into a queue without taking from it: a queue that is
not empty may hold anything. A queue that does not exist holds nothing.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from kombu import Connection
from redis import Redis

LONGEST = 5_000  # messages of a queue that is read
PIECE = 250  # messages read at once
_HEADER = re.compile(rb'"(id|root_id|parent_id)":\s*"([^"]{1,2048})"')  # a quoted quote has a backslash


class Waiting(NamedTuple):
    """What was found in queues."""

    ids: frozenset[str]  # that are in one of them, of the tasks that were looked for
    related: Mapping[
        str, frozenset[str]
    ]  # id of a root or parent -> those that are in one of them and name it
    opaque: frozenset[str]  # queues in which anything may be
    unattended: frozenset[str]  # queues that the broker says nobody reads


def waiting(
    connection: Connection, names: Collection[str], ids: Iterable[str], stopping: Callable[[], bool]
) -> Waiting:
    """Return which of the tasks with ``ids``, or related to them, wait in the queues of these ``names``."""
    if connection.transport.driver_type != "redis":
        return _counted(connection, names)
    with connection.channel() as channel:  # another may still wait for the answer to a blocking read
        return _read(channel, names, ids, stopping)


def named(connection: Connection, exchange: str, routing_key: str) -> list[str]:
    """Return the queues to which a direct exchange passes ``routing_key``, where that can be seen."""
    if not exchange:
        return [routing_key]
    if connection.transport.driver_type != "redis":
        return []
    channel: Any
    with connection.channel() as channel:
        name = f"{channel.global_keyprefix or ''}{channel.keyprefix_queue % exchange}"
        bound = [_text(member).split(channel.sep) for member in _call(channel, "SMEMBERS", name)]
    return [parts[2] for parts in bound if len(parts) == 3 and parts[0] == routing_key]


def _read(channel: Any, names: Collection[str], ids: Iterable[str], stopping: Callable[[], bool]) -> Waiting:
    prefix = channel.global_keyprefix or ""
    wanted = {each.encode(): each for each in ids}
    found, opaque, related = set[str](), set[str](), dict[str, set[str]]()
    for name in names:
        lists = [prefix + channel._q_for_pri(name, step) for step in channel.priority_steps]
        lengths = [_call(channel, "LLEN", each) for each in lists]
        if sum(lengths) > LONGEST:
            opaque.add(name)
            continue
        for each, length in zip(lists, lengths, strict=True):
            # What is new comes in at the beginning, so reading on from there repeats and misses nothing.
            for start in range(0, length, PIECE):
                if stopping():
                    return Waiting(frozenset(), {}, frozenset(names), frozenset())
                for raw in _call(channel, "LRANGE", each, start, start + PIECE - 1):
                    said = dict(_HEADER.findall(raw))
                    own = said.pop(b"id", b"")
                    if own in wanted:
                        found.add(wanted[own])
                    for known in wanted.keys() & said.values():
                        related.setdefault(wanted[known], set()).add(own.decode(errors="replace"))
    frozen = {known: frozenset(several) for known, several in related.items()}
    return Waiting(frozenset(found), frozen, frozenset(opaque), frozenset())


def _counted(connection: Connection, names: Iterable[str]) -> Waiting:
    opaque, unattended = set[str](), set[str]()
    for name in names:
        channel: Any
        with connection.channel() as channel:
            try:
                declared = channel.queue_declare(queue=name, passive=True)
            except connection.channel_errors:
                continue
        if declared.message_count:
            opaque.add(name)
        if not declared.consumer_count:
            unattended.add(name)
    return Waiting(frozenset(), {}, frozenset(opaque), frozenset(unattended))


def _call(channel: Any, *command: Any) -> Any:
    """Execute a command as it stands: kombu's prefixing client would prefix some keys and not others."""
    return Redis.execute_command(channel.client, *command)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
