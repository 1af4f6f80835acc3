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

``umbel.run``, ``args = [canvas]``, ``kwargs = {"name", "options", "by", "at", "until"}``
    Run a canvas. Any Celery client may say it: ``app.send_task("umbel.run", [canvas], queue="umbel")``. The
    id of the message becomes that of the run; the same message twice is one run.

    The one argument is the JSON of a canvas, or that of a graph (see :mod:`umbel.engine.dag`). All of
    ``kwargs`` may be left out: ``name`` of the run, ``options`` as :mod:`umbel.engine.rules` spells them,
    ``by`` whom, ``at`` and ``until`` as below. What is no canvas, goes in a circle or has an option that
    nobody knows is refused as a whole. The answer::

        {"id": ..., "ok": true, "run": "<run id>", "nodes": 57}

``umbel.done``, ``args = [result, "<run id>", "<id of the attempt>"]``
    A worker calls back: the task returned. It is the ``link`` of each task that the conductor sends, a
    signature by name with the last two arguments bound, so the worker needs nothing of ours. Its id is
    ``done:<id of the attempt>``, its root the run. The result is kept as it came, whatever its JSON means to
    kombu. Where the body is no JSON (the worker's ``task_serializer`` is another), the headers alone say
    which task it was, and the result stays unknown.

``umbel.failed``, ``args = ["<id of what failed>", "<run id>", "<id of the attempt>"]``
    The same for ``link_error``, with the id ``failed:<id of the attempt>``. Where the worker's module says
    ``watch(app)`` the callback runs inside the worker instead, and sends the same message with
    ``kwargs = {"exception": "ValueError('no')", "traceback": "Traceback (most recent call last): ..."}``.

    Both may come twice, late, or as messages of Celery's first protocol, which have everything in the body::

        {"task": "umbel.done", "id": "done:...", "args": [...], "kwargs": {...}, ...}

Requests
~~~~~~~~
They have one argument, an object with ``run`` (an id) and besides what is below::

    {"by": "<who asks>", "why": "<what for>", "at": 1763632000.123, "until": 1763632005.123}

``by`` and ``why`` go into the audit trail with what was done; both may be missing.

``at`` and ``until`` are of the sender's clock; nothing is done later than ``until``; null or missing: for
ever. The message's property ``reply_to`` names a queue for the answer, ``umbel.reply.<anything>``, in JSON::

    {"id": "<id of the request>", "ok": true, ...}
    {"id": "<id of the request>", "ok": false, "error": {"code": "unknown_run", "message": "..."}}

``umbel.revoke``, ``{"nodes": ["<task id>", ...], "terminate": false}``
    Revoke tasks of a run; ``nodes`` null: all that have not ended; ``terminate`` true: those that run, too.
    The answer has ``"results": [{"node": "<task id>", "outcome": "revoked", "state": "SENT", "message":
    "..."}, ...]``. Outcomes are ``revoked``, ``terminated``, ``running``, ``remembered``, ``finished`` and
    ``unknown``: see :mod:`umbel.engine.conductor.revoking`. States of tasks that the conductor did not send
    change when workers say what they did.

``umbel.control``, ``{"action": "pause" | "resume" | "cancel", "terminate": false}``
    Pause a conducted run, let it go on, or end it. The answer has the run's ``"state"`` then, and whether it
    is ``"paused"`` and ``"cancelled"``. Error codes: ``not_conducted``, ``finished``.

``umbel.wait``, ``{}``
    Answered when the run ends, or at ``until`` (at once where that is missing, after 60 s at the latest),
    with ``"state"`` and ``"finished": true`` or ``false``. Whoever waits for longer asks again.

``umbel.result``, ``{}``
    The answer has ``"state"``, and ``"result"`` where the run ended in SUCCESS: what the canvas returns, with
    values as the tasks' own JSON has them. Else, of a run that ended, ``"failed": [{"node", "task", "state",
    "reason", "exception"}, ...]``, the first 20, and how many ``"more"`` there are.

``umbel.again``, ``{"name": "..."}``
    Run the same signatures once more, conducted, under fresh ids; of a watched run, too. The answer has the
    new ``"run"`` and its ``"nodes"``. Error code ``not_exact``: not all is known exactly; the error's
    ``"nodes": [{"node", "task", "why"}, ...]`` says what.

``umbel.resubmit``, ``{"choice": {...}, "hash": "<64 hex digits>", "name": "..."}``
    Make a new run of an old one, whose hash of a plan (:mod:`umbel.engine.plan`) says what of it runs again
    and what is reused; a ``choice`` is written out at the head of :mod:`umbel.engine.choice`. Without a hash
    it is whatever the choice comes to. The answer has the new ``"run"`` and its ``"nodes"``; the same request
    twice is one run. Error codes: ``stale``, where the plan is another by now: the message says why, and the
    error's ``"plan"`` is the one that holds; ``problems``, with the error's ``"problems"``; ``no_canvas``.

``umbel.bulk``, ``{"filter": {...}, "hash": "<64 hex digits>"}``, without ``run``
    Resubmit all failed runs that fit the filter (as :class:`umbel.engine.store.filters.RunFilters` names what
    it has), what failed and was blocked in each: if they are those of the hash, see
    :mod:`umbel.engine.store.bulks`. The id of the message becomes that of the bulk; the same message twice
    is one bulk. The answer has the ``"bulk"`` once it is kept; what it does comes later, a few runs at a
    time. Error codes: ``stale``, ``nothing``.

``umbel.bulk-stop``, ``{"bulk": "<id>"}``, without ``run``
    Begin nothing more of a bulk; the runs that it made go on. The answer has ``"stopped"``, of how many runs.
    Error codes: ``unknown_bulk``, ``finished``.

``umbel.check``, ``{"choice": {...}}``
    Look at the edits of a choice, where the tasks and the workers are known. The answer has ``"problems"``
    and ``"warnings"``, as a plan has them: what tasks cannot be called with, if the conductor was told of
    their app; queues that no worker reads, and tasks that none has registered.

``umbel.amend``, ``{"change": {...}, "hash": "<64 hex digits>"}``
    Change what of a conducted run was never sent: all of ``change`` (:mod:`umbel.engine.amendment`), or
    nothing. The answer has how many tasks it ``"touched"``. Without a hash it is whatever that comes to.
    Error codes: ``stale``, where something of it has begun or was changed meanwhile, with the error's
    ``"amendment"`` that holds now; ``problems``, with the error's ``"problems"``; ``not_conducted``,
    ``finished``.

The exchange ``umbel.live``
---------------------------
A kombu fanout exchange, JSON, not durable. Nothing depends on it: the database says the same. After
commits, of those that follow at once for all together, the conductor sends one message::

    {"at": 1763632000.123,         # the conductor's clock
     "lag": 0.04,                   # seconds from the oldest event of this batch to its commit; null at rest
     "runs": [{"id": ..., "from": 15, "seq": 17, "structure": 3, "name": ..., "kind": "native",
               "single": false, "root": null, "parent": null, "state": "RUNNING",
               "nodes": 57, "counts": {"SUCCESS": 12, "STARTED": 2, ...},
               "created": ..., "started": ..., "finished": null,
               "by": null, "options": {}, "paused": null, "cancelled": null, "waits": {},
               "made_from": null, "lineage": null, "left": 0, "resolved_by": null,
               "changes": [[index, state, started, finished, retries, repeated, attempt, due], ...]}, ...]}

``seq`` grows by one with each commit that changes the run. A message tells of those ``from`` to ``seq``: a
gap means something was missed, and what changed since N can be asked for. ``structure`` grows when nodes or
edges were added; then the graph is fetched anew, and ``changes`` holds the new nodes too. ``"gone": {run:
run}``, which most messages lack, names runs that have become part of another: they were inferred before their
announcement was read. An empty ``runs`` is a heartbeat, sent every second.
Times are seconds since the epoch.
"""

from typing import Any

QUEUE = "umbel"
LIVE = "umbel.live"
HEARTBEAT = 1.0  # seconds between two messages on LIVE, at most

WATCH = "umbel.watch"
RUN = "umbel.run"
DONE = "umbel.done"
FAILED = "umbel.failed"
REVOKE = "umbel.revoke"
CONTROL = "umbel.control"
WAIT = "umbel.wait"
RESULT = "umbel.result"
AGAIN = "umbel.again"
RESUBMIT = "umbel.resubmit"
AMEND = "umbel.amend"
BULK = "umbel.bulk"
BULK_STOP = "umbel.bulk-stop"
CHECK = "umbel.check"

OWN = "umbel."  # how the names of all of them begin
REPLY = "umbel.reply."  # and those of queues for answers: nobody else's queue is written to


def message(
    kind: str, message_id: str, *args: Any, root: str | None = None, **kwargs: Any
) -> tuple[dict[str, Any], list[Any]]:
    """Return headers and body of a message of ``kind`` for the queue ``umbel``."""
    headers = {"lang": "py", "task": kind, "id": message_id, "root_id": root or message_id, "retries": 0}
    return headers, [list(args), kwargs, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
