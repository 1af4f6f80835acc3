"""How the tests are shared out among processes (``pytest -n 3``): those of a file stay together.

So do all tests of the browser, as starting their demo and their Chromium takes longer than most of them.
What lasts long begins first, for the whole ends with its last file.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/browser",)
LONG = (  # more than ten seconds, the longest first
    "tests/browser",
    "tests/chaos/test_conducted_chaos.py",
    "tests/engine/conductor/test_outcomes.py",
    "tests/benchmarks/test_orchestration.py",
    "tests/webui/test_demo.py",
    "tests/test_wheel.py",
    "tests/engine/conductor/test_settling.py",
    "tests/chaos/test_broker.py",
    "tests/chaos/test_database.py",
    "tests/benchmarks/test_observe.py",
    "tests/engine/canvas/test_scale.py",
    "tests/engine/test_fold.py",
    "tests/engine/conductor/test_killing.py",
    "tests/engine/watch/test_hops.py",
    "tests/webui/test_server.py",
    "tests/native/test_random_canvases.py",
    "tests/native/test_watched_canvases.py",
    "tests/webui/test_doctor.py",
    "tests/webui/test_bad_surroundings.py",
    "tests/webui/test_up.py",
    "tests/engine/conductor/test_unwatched.py",
    "tests/engine/watch/test_names.py",
    "tests/engine/conductor/test_events.py",
    "tests/engine/conductor/test_conducting.py",
    "tests/webui/test_openapi.py",
    "tests/benchmarks/test_latency.py",
    "tests/engine/conductor/test_requests.py",
    "tests/webui/test_live.py",
)


class Sharing(LoadScopeScheduling):
    """Hands out what belongs together, to each process something more when it is about to end its last."""

    def _split_scope(self, nodeid: str) -> str:
        return _part(nodeid)


def _part(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return next((each for each in TOGETHER if file.startswith(f"{each}/")), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    """Hand out in the order of the collection, not by the number of tests."""
    config.option.loadscopereorder = False
    return Sharing(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what lasts long, where several processes share the tests."""
    if hasattr(config, "workerinput"):
        order = {part: number for number, part in enumerate(LONG)}
        items.sort(key=lambda item: order.get(_part(item.nodeid), len(order)))
