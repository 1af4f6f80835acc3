"""Whom a conducted task's worker tells: signatures by name, so that workers need nothing of ours.

They are plain JSON. Their ids are made of the task's, so that one that is told twice is known; a worker keeps
nothing in a result backend for them, nor among the task's children.
"""

from typing import Any

from ..protocol import DONE, FAILED, QUEUE

# Carries what a task returned through a broker that refuses for a minute or two; the pool process waits so
# long. It travels with each task, so it says no more than it must.
_RETRY = {"max_retries": 60, "interval_max": 2}


def callbacks(run_id: str, task_id: str, transport: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the signatures to call when a task of a run succeeds, and when it fails.

    Parameters
    ----------
    transport
        kombu's name of the kind of broker, such as ``redis`` or ``amqp``. A worker on Redis pushes to a queue
        by its name. Elsewhere it would declare the queue with arguments of its own, so there the exchange is
        named, which the conductor has declared.
    """
    way = {"queue": QUEUE} if transport == "redis" else {"exchange": QUEUE, "routing_key": QUEUE}
    done = _signature(DONE, f"done:{task_id}", run_id, task_id, way | {"retry": True, "retry_policy": _RETRY})
    # An error callback is sent by another path, which does not heed a policy and would store it twice.
    return done, _signature(FAILED, f"failed:{task_id}", run_id, task_id, way)


def _signature(kind: str, own_id: str, run_id: str, task_id: str, options: dict[str, Any]) -> dict[str, Any]:
    return {
        "task": kind,
        "args": [run_id, task_id],
        "kwargs": {},
        "options": {"task_id": own_id, "ignore_result": True, "add_to_parent": False, **options},
    }
