"""Celery canvases and their messages as graphs, and graphs as canvases."""

from ..wiring import Placed
from .assembly import assemble
from .convert import to_dag
from .messages import Fragment, fragment
from .source import to_python

__all__ = [
    # from a canvas, and back
    "to_dag",
    "to_python",
    # from its messages
    "Fragment",
    "Placed",
    "assemble",
    "fragment",
]
