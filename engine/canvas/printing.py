"""Python source of signatures, chains, groups and chords."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..dag import Node
from .links import ALWAYS

WIDTH = 100
HEIGHT = 8  # expressions in each other; Python reads no more than 200 brackets in each other

_HEAD = "from celery import chain, chord, group, signature\n\n"


class Piece(NamedTuple):
    """An expression."""

    text: str
    height: int = 0
    immutable: bool = False  # it is a task that takes no result
    calls: bool = False  # such a task is called back by it, as ``group.link()`` would have it of a member


class Printer:
    """Writes expressions; one that would be nested too deeply gets a name, and stands before the rest."""

    def __init__(self) -> None:
        self._named: list[str] = []

    def signature(self, node: Node, links: Sequence[Piece], errors: Sequence[Piece]) -> Piece:
        """Return the source of a task and its callbacks."""
        parts = [literal(node.task)]
        if node.args:
            parts.append(f"args={literal(node.args)}")
        if node.kwargs:
            parts.append(f"kwargs={literal(node.kwargs)}")
        if node.immutable:
            parts.append("immutable=True")
        options = [f"{literal(name)}: {literal(value)}" for name, value in node.options.items()]
        for name, callbacks in (("link", links), ("link_error", errors)):
            if callbacks:
                options.append(f'"{name}": {_wrap("[", [piece.text for piece in callbacks], "]")}')
        if options:
            parts.append(f"options={_wrap('{', options, '}')}")
        piece = self._piece(_wrap("signature(", parts, ")"), [*links, *errors])
        immutable = node.immutable and node.task not in ALWAYS
        return piece._replace(immutable=immutable, calls=any(link.immutable for link in links))

    def chain(self, steps: Sequence[Piece]) -> Piece:
        """Return the source of a chain."""
        return self._piece(_wrap("chain(", [piece.text for piece in steps], ")"), steps)

    def group(self, members: Sequence[Piece], links: Sequence[Piece] = ()) -> Piece:
        """Return the source of a group, and of what is linked to the whole of it."""
        text = _wrap("group([", [piece.text for piece in members], "])")
        if links:
            text += _wrap(".set(link=[", [piece.text for piece in links], "])")
        return self._piece(text, [*members, *links])

    def chord(self, header: Sequence[Piece], body: Piece) -> Piece:
        """Return the source of a chord."""
        inner = _wrap("[", [piece.text for piece in header], "]")
        piece = self._piece(_wrap("chord(", [inner, body.text], ")"), [*header, body])
        return piece._replace(calls=body.calls)

    def module(self, canvas: Piece) -> str:
        """Return the source of a module that calls the whole ``canvas``."""
        return "".join([_HEAD, *self._named, f"canvas = {canvas.text}\n"])

    def _piece(self, text: str, inner: Iterable[Piece]) -> Piece:
        height = 1 + max((piece.height for piece in inner), default=0)
        if height < HEIGHT:
            return Piece(text, height)
        name = f"part_{len(self._named) + 1}"
        self._named.append(f"{name} = {text}\n")
        return Piece(name)


def literal(value: Any) -> str:
    """Return the source of a JSON value."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(key)}: {literal(part)}' for key, part in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, str) and "'" not in value and '"' not in value:
        return f'"{repr(value)[1:-1]}"'
    return repr(value)


def _wrap(opening: str, parts: Sequence[str], closing: str) -> str:
    line = f"{opening}{', '.join(parts)}{closing}"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    inner = "".join(f"{part},\n" for part in parts).replace("\n", "\n    ").rstrip(" ")
    return f"{opening}\n    {inner}{closing}"
