"""A user's Celery module whose tasks tell in Redis that they ran."""

import os
import time

from celery import Celery
from redis import Redis

app = Celery("tasks", broker=os.environ["CELERY_BROKER_URL"], backend=os.environ["CELERY_RESULT_BACKEND"])
redis = Redis.from_url(os.environ["CELERY_RESULT_BACKEND"])


def _shown(value):
    return f"[{','.join(map(_shown, value))}]" if isinstance(value, list) else str(value)


def _tell(task, name):
    redis.rpush(f"ran:{task.request.root_id}", f"{name} {task.request.id}")


@app.task(name="tasks.spell", shared=False, bind=True)
def spell(self, *args, name="?", seconds=0.0):
    """Return the text of its own call."""
    _tell(self, name)
    time.sleep(seconds)
    redis.hset(f"ended:{self.request.root_id}", self.request.id, time.time())
    return f"{name}({','.join(map(_shown, args))})"


@app.task(name="tasks.fail", shared=False, bind=True)
def fail(self, *args, name="fail", times=1_000):
    """Raise so many times, and then return its name."""
    _tell(self, name)
    if redis.incr(f"failed:{self.request.root_id}:{name}") <= times:
        raise ValueError(f"{name} fails")
    return name


@app.task(name="tasks.buy", shared=False, bind=True)
def buy(self, *args, name="buy"):
    """Raise as long as the shop is not open."""
    _tell(self, name)
    if not redis.exists("open"):
        raise ValueError("the shop is closed")
    return name


@app.task(name="tasks.fragile", shared=False, bind=True)
def fragile(self, *args, name="?"):
    """Raise while its name is among what is broken; then return the text of its own call."""
    _tell(self, name)
    if redis.sismember("broken", name):
        raise ValueError(f"{name} is broken")
    return f"{name}({','.join(map(_shown, args))})"


@app.task(name="tasks.spawn", shared=False, bind=True)
def spawn(self):
    """Send a task of its own."""
    spell.delay(name="spawned")
