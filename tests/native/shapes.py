"""Random canvases, what their texts should be, and where Celery's own faults apply to a shape."""

import itertools
import random
from collections.abc import Iterator
from typing import Any

from celery import chain, chord, group

TASKS = 14


class TooLarge(Exception):
    """A canvas got more tasks than wanted."""


def canvas(task: Any, seed: int, depth: int | None = None) -> Any:
    """Return a random canvas of at most 14 tasks, two or three wide, nested so deep or else two or three."""
    for attempt in itertools.count():
        draw = random.Random(f"{seed}/{attempt}")
        tags = (f"{seed}.{number}" for number in range(TASKS))
        try:
            return _composition(task, draw, tags, depth or draw.choice((2, 3, 3)))
        except TooLarge:
            continue
    raise AssertionError


def failing(task: Any, seed: int, *, every: int, depth: int | None = None) -> Any:
    """Return the random canvas; in one of ``every`` many, one of its tasks fails."""
    found = canvas(task, seed, depth)
    if seed % every == 0:
        tasks = [part for part in _walk(found) if not part.get("subtask_type")]
        random.Random(seed).choice(tasks)["kwargs"]["fail"] = True
    return found


def with_errbacks(task: Any, seed: int, *, every: int, depth: int | None = None) -> Any:
    """Return the same with an error callback on the whole, whose tag ends in ``.e``."""
    found = failing(task, seed, every=every, depth=depth)
    found.link_error(task.signature((), {"tag": f"{seed}.e"}))
    return found


def _signature(task: Any, draw: random.Random, tags: Iterator[str]) -> Any:
    if (tag := next(tags, None)) is None:
        raise TooLarge
    args = ("x",) if draw.random() < 0.15 else ()
    return task.signature(args, {"tag": tag}, immutable=draw.random() < 0.12)


def _any(task: Any, draw: random.Random, tags: Iterator[str], depth: int) -> Any:
    if depth == 0 or draw.random() < 0.35:
        return _signature(task, draw, tags)
    return _composition(task, draw, tags, depth)


def _composition(task: Any, draw: random.Random, tags: Iterator[str], depth: int) -> Any:
    kind = draw.choice(("chain", "group", "chord"))
    parts = [_any(task, draw, tags, depth - 1) for _ in range(draw.choice((2, 3)))]
    if kind == "group":
        return group(parts)
    if kind == "chord":
        return chord(parts, _any(task, draw, tags, depth - 1))
    if draw.random() < 0.5:
        return chain(*parts)
    whole = parts[0]
    for part in parts[1:]:
        whole = whole | part
    return whole


# Celery's faults, by shape


def reverses_groups(sig: dict[str, Any]) -> bool:
    """W2: a group directly in a group that Celery freezes comes out with its members reversed."""
    return any(member.get("subtask_type") == "group" for part in _walk(sig) for member in _side_by_side(part))


def repeats_tasks(sig: dict[str, Any]) -> bool:
    """W1: what follows a chord whose body ends in a group runs once for each member of that group."""
    return any(
        _ends_in_group(step)
        for part in _walk(sig)
        if part.get("subtask_type") == "chain"
        for step in part["kwargs"]["tasks"][:-1]
        if step.get("subtask_type") == "chord"
    )


def _ends_in_group(sig: dict[str, Any]) -> bool:
    while sig.get("subtask_type") in ("chain", "chord"):
        sig = sig["kwargs"]["tasks"][-1] if sig["subtask_type"] == "chain" else sig["kwargs"]["body"]
    return sig.get("subtask_type") == "group"


def _side_by_side(sig: dict[str, Any]) -> list[dict[str, Any]]:
    name = {"group": "tasks", "chord": "header"}.get(sig.get("subtask_type") or "")
    return list(sig["kwargs"][name]) if name else []


def _walk(sig: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield sig
    inner = [*_side_by_side(sig)]
    if sig.get("subtask_type") == "chain":
        inner += sig["kwargs"]["tasks"]
    if sig.get("subtask_type") == "chord":
        inner.append(sig["kwargs"]["body"])
    for part in inner:
        yield from _walk(part)


# Texts


def parse(text: str) -> Any:
    """Return the tree of a text: a list, or a tuple of a tag and its arguments.

    >>> parse("D([A(),B()],x)")
    ('D', [('A',), ('B',)], 'x')
    """
    value, rest = _parse(text)
    assert not rest, text
    return value


def _parse(text: str) -> tuple[Any, str]:
    if text.startswith("["):
        items, rest = _items(text[1:], "]")
        return items, rest
    end = next((i for i, letter in enumerate(text) if letter in "(),]"), len(text))
    word, rest = text[:end], text[end:]
    if rest.startswith("("):
        items, rest = _items(rest[1:], ")")
        return (word, *items), rest
    return word, rest


def _items(text: str, closing: str) -> tuple[list[Any], str]:
    items: list[Any] = []
    while not text.startswith(closing):
        item, text = _parse(text.removeprefix(","))
        items.append(item)
    return items, text[1:]


def matches(native: Any, right: Any, *, any_order: bool, any_member: bool) -> bool:
    """Whether a native text is the right one but for the order of lists (W2) or for lists of which a
    task that ran repeatedly got one member at a time (W1)."""
    ours: Any = right
    if isinstance(native, list) and isinstance(ours, list) and len(native) == len(ours):
        orders = itertools.permutations(ours) if any_order else [ours]
        if any(
            all(
                matches(a, b, any_order=any_order, any_member=any_member)
                for a, b in zip(native, order, strict=True)
            )
            for order in orders
        ):
            return True
    if isinstance(native, tuple) and isinstance(ours, tuple) and len(native) == len(ours):
        return native[0] == ours[0] and all(
            matches(a, b, any_order=any_order, any_member=any_member)
            for a, b in zip(native[1:], ours[1:], strict=True)
        )
    if any_member and isinstance(ours, list):
        return any(matches(native, member, any_order=any_order, any_member=True) for member in ours)
    return native == ours


def parents(text: str) -> set[str]:
    """Return the tags whose results stand among the arguments of a call."""
    pending, found = [*parse(text)[1:]], set()
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending += part
        elif isinstance(part, tuple) and part[0] != "?":
            found.add(part[0])
    return found
