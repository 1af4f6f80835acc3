"""A broker, a worker and a conductor with its database, one of each for the tests of a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers import PAIRS, Pair, paired
from stage import conducting, imported
from working import working

FOLDER = Path(__file__).parent


@pytest.fixture(scope="module", params=PAIRS)
def world(
    request: pytest.FixtureRequest, broker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """A broker with a worker, and a database with a conductor."""
    folder = tmp_path_factory.mktemp("world")
    url = f"{broker.url.removesuffix('/0')}/1022"
    with (
        paired(request, url, folder) as pair,
        conducting(pair.broker, pair.database),
        working("sample_canvases", FOLDER, folder / "log", broker=pair.broker, results=pair.results),
    ):
        yield pair


@pytest.fixture(scope="module")
def sample(world: Pair) -> Iterator[Any]:
    """The user's module."""
    with imported(FOLDER, world.broker, "sample_canvases", results=world.results) as module:
        yield module
