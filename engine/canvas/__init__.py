"""Celery canvases and their messages as graphs, and graphs as canvases."""

from .assembly import Placed, assemble
from .convert import to_dag
from .messages import Fragment, fragment

__all__ = [
    # from a canvas
    "to_dag",
    # from its messages
    "Fragment",
    "Placed",
    "assemble",
    "fragment",
]
