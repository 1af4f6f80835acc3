"""``watch(app)``: tell Umbel of each canvas that an app sends. Celery, kombu and the standard library only.

How a message becomes an announcement (the form of which is in ``engine/protocol.py``)::

    send_task -> marked.py     the app's message factory marks what it makes, so that two apps stay two
              -> watcher.py    before_task_publish: which messages are news
                   hops.py          not those that a running canvas sends on by itself
                   applications.py  which messages belong together, and what of them was told already
                   names.py         callbacks get the ids under which they will run
              -> outbox.py     at once when it carries structure, gathered when it is one more member
              -> wire.py       one message on the queue ``umbel``, over a connection of our own

    a conducted task fails in a worker -> failures.py  why, in the message that tells of it

The folder is not called ``watch``, because a submodule of that name would hide the function.
"""

from typing import Any

from celery import Celery
from celery.signals import before_task_publish

from .marked import mark
from .watcher import Watcher

__all__ = ["watch"]


LIMIT = 100_000  # announcements that may wait: of short chains 2 kB each, of large groups up to 1 MB


def watch(app: Celery, *, limit: int = LIMIT) -> None:
    """Announce each canvas that ``app`` sends, so that Umbel shows it as a whole.

    Workers that say it also tell why a conducted task failed, durably: exception and traceback.

    Say it once in the module that makes the app; workers and clients both read that. A second time changes
    nothing, and nothing changes in how tasks are sent. When Umbel or the broker cannot be told, the
    canvas is sent all the same.

    Parameters
    ----------
    app
        The Celery app, configured or not yet.
    limit
        How many announcements may wait in your broker for a conductor that is not there. Beyond it
        nothing is announced, until it has come and read them.

    Raises
    ------
    TypeError
        ``app`` is no Celery app.
    """
    evaluate: Any = getattr(app, "_get_current_object", None)  # of a proxy such as celery.current_app
    app = evaluate() if evaluate else app
    if not isinstance(app, Celery):
        raise TypeError(f"watch() takes a Celery app, not {app!r}.")
    if "_umbel_watcher" in vars(app):
        return
    watcher = Watcher(app, limit)
    # The app keeps the watcher, and the signal knows it weakly: both end with the app.
    vars(app)["_umbel_watcher"] = watcher
    mark(app, watcher)
    before_task_publish.connect(watcher.on_publish)
