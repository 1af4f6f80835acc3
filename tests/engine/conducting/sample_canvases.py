"""A user's Celery module with canvases to conduct. Nothing in it knows of Umbel but the one line."""

import datetime
import os
import time
from decimal import Decimal

from celery import Celery, chain, group

from umbel.engine import watch

app = Celery("sample", broker=os.environ["CELERY_BROKER_URL"], backend=os.environ["CELERY_RESULT_BACKEND"])
app.conf.task_send_sent_event = True
if not os.environ.get("SAMPLE_UNWATCHED"):
    watch(app)


@app.task(name="sample.add", shared=False)
def add(*numbers):
    return sum(numbers)


@app.task(name="sample.total", shared=False)
def total(numbers):
    return sum(numbers)


@app.task(name="sample.boom", shared=False)
def boom(*args):
    raise ValueError("out of stock")


@app.task(name="sample.kinds", shared=False)
def kinds():
    return {"when": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), "price": Decimal("1.10")}


@app.task(name="sample.same", shared=False)
def same(value):
    assert isinstance(value["when"], datetime.datetime)
    return value


@app.task(name="sample.nap", shared=False)
def nap(*args, seconds=0.3):
    time.sleep(seconds)
    return 1


@app.task(name="sample.spawn", shared=False)
def spawn(*args):
    (add.s(1) | add.s(2)).apply_async()
    add.delay(3)
    return 1


def sums():
    return chain(add.s(1, 2), group(add.s(number) for number in range(3)), total.s())


def fails():
    return chain(add.s(1), boom.s(), total.s())


def naps():
    return chain(nap.si(seconds=30), nap.si())
