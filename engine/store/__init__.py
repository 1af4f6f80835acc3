"""The database: runs, their nodes and edges. The conductor writes it; everything else reads (``reads``)."""

from .database import Store, open_store, upgrade
from .keeping import Keeping

__all__ = ["Keeping", "Store", "open_store", "upgrade"]
