"""Canvases drawn by hypothesis: all primitives in each other, callbacks, and one or none of anything."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import celery
from hypothesis import reject
from hypothesis import strategies as st

chain: Any = celery.chain
chord: Any = celery.chord
group: Any = celery.group

# A recipe is a function of the symbolic task and of tags: it gives the same canvas as often as wanted.
Recipe = Callable[[Any, Iterator[int]], Any]


def build(recipe: Recipe, n: Any) -> Any:
    """Return a new canvas made by a recipe; no two tasks have the same tag."""
    try:
        return recipe(n, count())
    except IndexError:  # Celery cannot link to the last task of nothing
        reject()


def recipes(*, callbacks: bool = True, sizes: tuple[int, int] = (0, 3)) -> st.SearchStrategy[Recipe]:
    """Return a strategy of recipes, whose chains and groups are of ``sizes``."""
    leaf = st.one_of(_tasks(), _tasks(), _tasks(), _items() if callbacks else _tasks())
    return st.recursive(leaf, lambda inner: _compositions(inner, callbacks, sizes), max_leaves=12)


def _tasks() -> st.SearchStrategy[Recipe]:
    options = st.sampled_from([{}, {}, {"queue": "slow"}, {"countdown": 3, "expires": 60}])
    arguments = st.sampled_from([(), (), (1, "two"), ([None, {"a": 1.5}],)])
    return st.builds(_task, arguments, options, st.sampled_from([False, False, False, True]))


def _task(args: tuple[Any, ...], options: dict[str, Any], immutable: bool) -> Recipe:
    return lambda n, tags: n.signature(args, {"tag": str(next(tags))}, immutable=immutable, **options)


def _items() -> st.SearchStrategy[Recipe]:
    return st.sampled_from(
        [
            lambda n, tags: n.map([next(tags), 2]),
            lambda n, tags: n.starmap([(next(tags), 2)]),
            lambda n, tags: n.chunks([(next(tags), 2), (3, 4), (5, 6)], 2),
            lambda n, tags: n.map(item for item in [next(tags)]),
        ]
    )


def _compositions(inner: Any, callbacks: bool, sizes: tuple[int, int]) -> st.SearchStrategy[Recipe]:
    several = st.lists(inner, min_size=sizes[0], max_size=sizes[1])
    some = st.lists(inner, min_size=2, max_size=3)
    kinds = [
        several.map(lambda parts: lambda n, tags: chain([part(n, tags) for part in parts])),
        some.map(_piped),
        several.map(lambda parts: lambda n, tags: group([part(n, tags) for part in parts])),
        several.map(lambda parts: lambda n, tags: group(part for part in [part(n, tags) for part in parts])),
        st.tuples(several, inner).map(_chord),
    ]
    if callbacks:
        kinds.append(st.tuples(inner, inner, st.sampled_from(["link", "link_error"])).map(_called_back))
    return st.one_of(kinds)


def _piped(parts: list[Recipe]) -> Recipe:
    def make(n: Any, tags: Iterator[int]) -> Any:
        whole, *rest = [part(n, tags) for part in parts]
        for part in rest:
            whole = whole | part
        return whole

    return make


def _chord(parts: tuple[list[Recipe], Recipe]) -> Recipe:
    return lambda n, tags: chord([part(n, tags) for part in parts[0]], parts[1](n, tags))


def _called_back(parts: tuple[Recipe, Recipe, str]) -> Recipe:
    """Say of a composition, in its own options, what is called back: not every form has a method for it."""
    whole, callback, name = parts

    def make(n: Any, tags: Iterator[int]) -> Any:
        canvas = whole(n, tags)
        canvas.options.setdefault(name, []).append(callback(n, tags))
        return canvas

    return make
