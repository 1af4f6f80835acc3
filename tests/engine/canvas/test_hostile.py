"""Whatever JSON comes as a canvas or as a message, what is raised is an error of Umbel's, and short."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from umbel.engine.canvas import assemble, fragment, to_dag, to_python
from umbel.engine.errors import UmbelError

ODD = [None, True, 0, 7, 1.5, "", "x", [], {}, [7], {"a": 1}, [[]], float("nan")]
FORMS = [None, None, "chain", "group", "chord", "chunks"]


class Hostile:
    """Draws what looks like canvases and messages, and here and there is something else."""

    def __init__(self, seed: int, share: float) -> None:
        self.draw = random.Random(seed)
        self.share = share

    def either(self, make: Callable[[], Any]) -> Any:
        return self.draw.choice(ODD) if self.draw.random() < self.share else make()

    def name(self) -> Any:
        return self.either(lambda: self.draw.choice("abcdefgh"))

    def several(self, depth: int) -> Any:
        return self.either(lambda: [self.signature(depth) for _ in range(self.draw.randint(0, 3))])

    def signature(self, depth: int) -> Any:
        return self.either(lambda: self._signature(depth))

    def _signature(self, depth: int) -> dict[str, Any]:
        form = self.draw.choice(FORMS) if depth else None
        chunks = form == "chunks"
        return {
            "task": self.either(lambda: "celery.chunks" if chunks else "n"),
            "subtask_type": self.either(lambda: None if chunks else form),
            "args": self.either(lambda: [1]),
            "kwargs": self.either(lambda: self._kwargs(form, depth - 1)),
            "options": self.either(lambda: self._options(depth - 1)),
            "immutable": self.either(lambda: False),
        }

    def _kwargs(self, form: str | None, depth: int) -> dict[str, Any]:
        if form == "chunks":
            return {"task": {"task": "n"}, "it": self.either(lambda: [1, 2, 3]), "n": self.either(lambda: 2)}
        if form == "chord":
            header = self.several(depth) if self.draw.random() < 0.7 else self.signature(depth)
            return {"header": header, "body": self.signature(depth), "kwargs": self.either(dict)}
        return {"tasks": self.several(depth)} if form else {}

    def _options(self, depth: int) -> dict[str, Any]:
        found = {"task_id": self.name(), "group_id": self.name(), "group_index": self.either(lambda: 1)}
        found = {name: value for name, value in found.items() if self.draw.random() < 0.6}
        for name in ("chain", "link", "link_error", "chord"):
            if depth > 0 and self.draw.random() < 0.15:
                found[name] = self.signature(depth) if name == "chord" else self.several(depth)
        return found

    def message(self) -> Any:
        embed = {
            name: self.several(3) for name in ("chain", "callbacks", "errbacks") if self.draw.random() < 0.4
        }
        if self.draw.random() < 0.5:
            embed["chord"] = self.signature(3) if self.draw.random() < 0.8 else True
        headers = {
            "id": self.name(),
            "task": self.either(lambda: "n"),
            "timelimit": self.either(lambda: [1, 2]),
        }
        headers |= {"group": self.name(), "group_index": self.either(lambda: 1)}
        body = [self.either(list), self.either(dict), self.either(lambda: embed)]
        return self.either(
            lambda: {"headers": self.either(lambda: headers), "body": self.either(lambda: body)}
        )


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1])
def test_a_canvas_may_be_anything(share):
    hostile, said = Hostile(1, share), []
    for _ in range(2000):
        try:
            to_python(to_dag(hostile.signature(4)))
        except UmbelError as error:
            said.append(str(error))
    assert all(0 < len(words) <= 200 for words in said)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1])
def test_messages_may_be_anything(share):
    hostile = Hostile(2, share)
    for _ in range(1000):
        pieces = []
        for _ in range(3):
            with suppress(UmbelError):
                pieces.append(fragment(hostile.message()))
        assemble(
            (node for piece in pieces for node in piece.nodes),
            (edge for piece in pieces for edge in piece.edges),
        )
