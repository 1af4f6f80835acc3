"""The names and shapes of every message.

The queue ``umbel``
-------------------
A durable queue of that name, bound to a durable direct exchange of that name by a routing key of that
name. What lies in it has the form of a Celery task message (protocol 2), so that any Celery client can write
to it: ``headers["task"]`` tells the kind, ``headers["id"]`` the message, and the body is
``[args, kwargs, embed]`` in JSON. A message with the id of an earlier one changes nothing.

``umbel.watch``, ``args = [announcement]``
    What ``watch(app)`` says of a canvas that is about to be sent::

        {"run": "<token>",          # names one application of one canvas; all its announcements share it
         "at": 1763632000.123,      # seconds since the epoch, the sender's clock
         "origin": "gen4711@host",
         "messages": [{"headers": {...}, "body": [args, kwargs, embed]}, ...]}

    ``headers`` are those of the Celery message, less ``argsrepr``, ``kwargsrepr``, ``lang``, ``origin``,
    ``retries``, ``replaced_task_nesting`` (both are 0 in what is announced) and what is None or empty.
    ``embed`` holds ``callbacks``, ``errbacks``, ``chain`` and ``chord``, less what is empty. A chord's body
    travels with the first header member of its group id alone; the others have ``embed["chord"]`` true
    (where a member is a chain, the ``options["chord"]`` of its last step, ``embed["chain"][0]``).

``umbel.revoke``, ``args = [request]``
    Revoke tasks of a run::

        {"run": "<run id>",
         "nodes": ["<task id>", ...],   # null: all of its tasks that have not ended
         "terminate": false,            # true: end those that run, too
         "by": "<who asks>",
         "at": 1763632000.123,          # the sender's clock
         "until": 1763632005.123}       # nothing is done after this; null or missing: for ever

    The message's property ``reply_to`` names a queue for the answer, in JSON::

        {"id": "<id of the request>", "ok": true,
         "results": [{"node": "<task id>", "outcome": "revoked", "state": "SENT", "message": "..."}, ...]}
        {"id": "<id of the request>", "ok": false, "error": {"code": "unknown_run", "message": "..."}}

    Outcomes are ``revoked``, ``terminated``, ``running``, ``remembered``, ``finished`` and ``unknown``: see
    :mod:`umbel.engine.conductor.revoking`. States change when workers say what they did.

The exchange ``umbel.live``
---------------------------
A kombu fanout exchange, JSON, not durable. Nothing depends on it: the database says the same. After
each commit the conductor sends one message::

    {"at": 1763632000.123,         # the conductor's clock
     "lag": 0.04,                   # seconds from the oldest event of this batch to its commit; null at rest
     "runs": [{"id": ..., "seq": 17, "structure": 3, "name": ..., "kind": "native", "single": false,
               "root": null, "parent": null, "state": "RUNNING",
               "nodes": 57, "counts": {"SUCCESS": 12, "STARTED": 2, ...},
               "created": ..., "started": ..., "finished": null,
               "changes": [[index, state, started, finished, retries], ...]}, ...]}

``seq`` grows by one with each such message that names the run: a gap means something was missed, and what
changed since N can be asked for. ``structure`` grows when nodes or edges were added; then the graph is
fetched anew and ``changes`` holds the new nodes too. ``"gone": {run: run}``, which most messages lack, names
runs that have become part of another: they were inferred before their announcement was read. An empty
``runs`` is a heartbeat, sent every second.
Times are seconds since the epoch.
"""

from typing import Any

QUEUE = "umbel"
LIVE = "umbel.live"
HEARTBEAT = 1.0  # seconds between two messages on LIVE, at most

WATCH = "umbel.watch"
REVOKE = "umbel.revoke"


def message(kind: str, message_id: str, *args: Any) -> tuple[dict[str, Any], list[Any]]:
    """Return headers and body of a message of ``kind`` for the queue ``umbel``."""
    headers = {"lang": "py", "task": kind, "id": message_id, "root_id": message_id, "retries": 0}
    return headers, [list(args), {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
