"""The REST API, version 1: what is recorded, as JSON. Shapes are those of ``engine.store.reads``.

``/openapi.json`` describes it. Every error has one shape: ``{"error": {"code", "message"}}``.
"""

from . import (
    amend,
    amendment,
    bulk,
    columns,
    conduct,
    exports,
    failures,
    graph,
    nodes,
    plan,
    resubmit,
    revoke,
    runs,
    search,
    timeline,
)
from .openapi import blueprint as openapi
from .routes import blueprint

__all__ = ["blueprint", "openapi", "amend", "amendment", "bulk", "columns", "conduct", "exports", "failures"]
__all__ += ["graph", "nodes", "plan", "resubmit", "revoke", "runs", "search", "timeline"]
