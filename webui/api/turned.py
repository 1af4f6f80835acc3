"""A layout from left to right, turned to go from top to bottom: for windows that are narrow. Pure."""

import re
from collections.abc import Mapping
from typing import Any

_POINT = re.compile(r"(-?[\d.]+),(-?[\d.]+)")


def turned(layout: Mapping[str, Any]) -> dict[str, Any]:
    """Return a layout mirrored along its diagonal.

    Parameters
    ----------
    layout
        ``width``, ``height``, ``nodes`` (centres), ``edges`` (with paths) and ``blocks``, in px, of boxes
        that are as wide as they are to be high.
    """
    return {
        "width": layout["height"],
        "height": layout["width"],
        "nodes": {place: [y, x] for place, (x, y) in layout["nodes"].items()},
        "blocks": [[top, left, height, width] for left, top, width, height in layout["blocks"]],
        "edges": [[*edge, _POINT.sub(r"\2,\1", path)] for *edge, path in layout["edges"]],
        "down": True,
    }
