"""A Celery app whose one task says in its result how it was called, and logs each call.

``n`` with the tag ``D`` returns ``D([B(A()),C(A())])`` when it got a list of what B and C returned, so that
the results and the log of a run spell its edges, its arguments and the order of its lists.
"""

import json
import os
import signal
import time
from typing import Any

from celery import Celery, signature
from celery.exceptions import Ignore

from umbel.engine import watch

LOG = "calls"


def make_app(url=None):
    """Return an app with that task alone; a worker takes the URL from its environment."""
    app: Any = Celery("symbolic", broker=url, backend=url, set_as_current=False)
    app.conf.broker_connection_retry_on_startup = True
    app.task(_call, bind=True, name="n", shared=False)
    return app


def _call(self, *args, tag="?", fail=False, act=None, **more):
    """Say how I was called, and do what ``act`` names."""
    start = time.time()
    text = f"{tag}({','.join(map(spell, args))})"
    request = self.request
    call = {"id": request.id, "root": request.root_id, "parent": request.parent_id, "group": request.group}
    call |= {"index": request.group_index, "tag": tag, "text": text, "start": start, "end": time.time()}
    call["failed"] = fail
    if tag != "?":  # else it is an item of celery.map or celery.starmap
        self.backend.client.rpush(LOG, json.dumps(call))
    if act:
        ACTS[act](self, tag, **more)
    if fail:
        raise RuntimeError(text)
    return text


def _ignore(self, tag):
    raise Ignore


def _kill(self, tag):
    os.kill(os.getpid(), signal.SIGKILL)


def _nap(self, tag, seconds):
    time.sleep(seconds)


def _replace(self, tag, by):
    raise self.replace(signature(by, app=self.app))


def _join(self, tag):
    self.add_to_chord(self.signature((), {"tag": tag + "added"}))


ACTS = {"ignore": _ignore, "kill": _kill, "nap": _nap, "replace": _replace, "join": _join}


def spell(value):
    """Return the text of a result."""
    return f"[{','.join(map(spell, value))}]" if isinstance(value, list) else str(value)


app = make_app()
if "SYMBOLIC_WATCHED" in os.environ:
    watch(app)
