"""The database: runs, their nodes and edges. The conductor writes it; everything else reads (``reads``)."""

from .database import Store, open_store, upgrade

__all__ = ["Store", "open_store", "upgrade"]
