"""The engine: graphs of Celery canvases, and what becomes of them. It knows nothing of Flask.

Importing it loads nothing. Names resolve on first use, so that a worker that says ``watch(app)``
never pays for networkx, SQLAlchemy or Graphviz.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .canvas import to_dag
    from .conducting import RunFailed, RunHandle, conduct
    from .dag import Dag, Node
    from .errors import UmbelError
    from .folding import Folding, fold
    from .requests import RequestError
    from .watching import watch

__all__ = [
    # graphs
    "Dag",
    "Node",
    "to_dag",
    "fold",
    "Folding",
    # running processes
    "watch",
    "conduct",
    "RunHandle",
    # errors
    "UmbelError",
    "RequestError",
    "RunFailed",
]

_HOMES = {
    "Dag": "dag",
    "Folding": "folding",
    "Node": "dag",
    "RequestError": "requests",
    "RunFailed": "conducting",
    "RunHandle": "conducting",
    "UmbelError": "errors",
    "conduct": "conducting",
    "fold": "folding",
    "to_dag": "canvas",
    "watch": "watching",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
