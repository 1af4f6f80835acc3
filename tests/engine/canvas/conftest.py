"""What the tests of canvases share."""

from typing import Any

import pytest
import tasks


@pytest.fixture
def n() -> Any:
    """The symbolic task."""
    return tasks.n


@pytest.fixture
def t() -> Any:
    """``t("A", 1)``: a signature of the symbolic task."""
    return lambda tag, *args, **options: tasks.n.signature(args, {"tag": tag}, **options)
