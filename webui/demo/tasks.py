"""Sample tasks: a Celery app as any user writes one, with the line that makes Umbel see whole canvases.

They do nothing but wait a little, and return what a real task of that name might.
"""

import random
import time
from typing import Any

from celery import Celery, Task

from ...engine import watch
from ...engine.settings import load

settings = load()

app = Celery("umbel_demo", broker=settings.broker_url, backend=settings.result_backend or settings.broker_url)
app.conf.update(
    broker_connection_retry_on_startup=True,
    result_expires=3600,
    task_send_sent_event=True,
    task_track_started=True,
    worker_prefetch_multiplier=1,
    worker_send_task_events=True,
)
watch(app)

Json = dict[str, Any]


def work(least: float, most: float) -> None:
    """Take some time, in seconds."""
    time.sleep(random.uniform(least, most))


class NotYet(Exception):
    """Something that a task waits for has not come about; it looks again later."""


class BadRow(ValueError):
    """A row of the source cannot be understood."""


# ---- a storage node is replaced ------------------------------------------------------------------------


@app.task(name="ceph.set_downtime")
def set_downtime(node: str, *, minutes: int) -> Json:
    """Keep the monitoring quiet about a node."""
    work(0.5, 1.0)
    return {"node": node, "quiet_for_minutes": minutes}


@app.task(name="ceph.change_weight")
def change_weight(node: str, *, weight: float) -> Json:
    """Let a node take more or less of the data."""
    work(0.8, 1.4)
    return {"node": node, "weight": weight}


@app.task(name="ceph.wait_until_healthy", bind=True, max_retries=30)
def wait_until_healthy(self: Task, *, looks: int = 4) -> Json:
    """Look again and again until all data is where it should be."""
    work(0.3, 0.6)
    seen = self.request.retries
    if seen < looks:
        misplaced = round(48.0 * (1 - seen / looks) ** 2, 1)
        raise self.retry(
            exc=NotYet(f"HEALTH_WARN: {misplaced} % of the objects are misplaced"), countdown=0.8
        )
    return {"health": "HEALTH_OK", "looked": seen + 1}


@app.task(name="ceph.remove_node")
def remove_node(node: str) -> Json:
    """Take a node out of the cluster."""
    work(1.0, 1.6)
    return {"node": node, "disks_removed": 12}


@app.task(name="ceph.tell_technicians")
def tell_technicians(removed: Json, *, rack: str) -> Json:
    """Ask somebody to go there with a screwdriver."""
    work(0.6, 1.2)
    return {"node": removed["node"], "rack": rack, "ticket": f"DC-{random.randint(4000, 4999)}"}


@app.task(name="ceph.add_node")
def add_node(ticket: Json) -> Json:
    """Take the new machine into the cluster."""
    work(1.2, 1.8)
    return {"node": ticket["node"], "disks_added": 12, "ticket": ticket["ticket"]}


# ---- somebody logs in from a new device ----------------------------------------------------------------


@app.task(name="login.check_device")
def check_device(user: str, *, device: str, address: str) -> Json:
    """Find out whether this user was ever seen with this device."""
    work(1.2, 2.0)
    return {"user": user, "device": device, "address": address, "known": False}


@app.task(name="login.notify_user")
def notify_user(login: Json) -> Json:
    """Tell the user by e-mail that somebody, hopefully they, logged in."""
    work(1.4, 2.0)
    return {"mail": f"{login['user']}@example.org", "subject": f"New login from {login['device']}"}


@app.task(name="login.save_device")
def save_device(login: Json) -> Json:
    """Remember the device."""
    work(0.8, 1.4)
    return {"user": login["user"], "device_id": random.randint(100_000, 999_999)}


@app.task(name="login.call_risk_api", bind=True, max_retries=5)
def call_risk_api(self: Task, facts: list[Json]) -> Json:
    """Ask another service what it thinks; it is busy at first."""
    work(0.8, 1.4)
    if self.request.retries < 2:
        raise self.retry(exc=NotYet("503 Service Unavailable"), countdown=1.2)
    return {"device_id": facts[1]["device_id"], "risk": 0.07}


@app.task(name="login.post_process")
def post_process(verdict: Json) -> Json:
    """Act on the verdict."""
    work(1.0, 1.6)
    return {**verdict, "action": "allow" if verdict["risk"] < 0.5 else "ask for a second factor"}


# ---- numbers are moved at night, and some are broken ---------------------------------------------------


@app.task(name="etl.extract")
def extract(*, source: str) -> Json:
    """Read the day's rows."""
    work(1.4, 2.0)
    return {"source": source, "rows": {"orders": 18_204, "customers": 911, "products": 342}}


@app.task(name="etl.clean")
def clean(extracted: Json, *, table: str) -> Json:
    """Bring the rows of a table into shape."""
    work(1.2, 2.0)
    rows = extracted["rows"][table]
    if table == "customers":
        raise BadRow("customers, row 407: birthday '31.02.1984' is no date")
    return {"table": table, "rows": rows, "dropped": rows // 1000}


@app.task(name="etl.load")
def load_table(cleaned: Json) -> Json:
    """Write the rows of a table."""
    work(1.2, 2.0)
    return {"table": cleaned["table"], "written": cleaned["rows"] - cleaned["dropped"]}


@app.task(name="etl.report")
def report(loaded: list[Json]) -> Json:
    """Sum up what was written."""
    work(0.8, 1.2)
    return {"tables": len(loaded), "rows": sum(table["written"] for table in loaded)}


@app.task(name="etl.publish")
def publish_report(summed: Json, *, channel: str) -> Json:
    """Tell people about it."""
    work(0.5, 1.0)
    return {**summed, "channel": channel}


@app.task(name="etl.clean_up")
def clean_up(failed_task: str, *, schema: str) -> Json:
    """Remove what the failed task left behind."""
    # One positional argument: with more, Celery would call it inside the worker that failed, unseen.
    work(1.0, 1.6)
    return {"because_of": failed_task, "emptied": schema}


# ---- a model learns in five rounds ---------------------------------------------------------------------


@app.task(name="training.load_data")
def load_data(*, dataset: str, shards: int) -> Json:
    """Split the data into shards."""
    work(0.8, 1.4)
    return {"dataset": dataset, "shards": shards, "loss": 2.31}


@app.task(name="training.fit_shard")
def fit_shard(model: Json, *, shard: int) -> Json:
    """Improve the model on one shard."""
    work(0.3, 0.9)
    return {"shard": shard, "loss": round(model["loss"] * random.uniform(0.55, 0.75), 4)}


@app.task(name="training.average")
def average(fitted: list[Json], *, epoch: int) -> Json:
    """Make one model of those of the shards."""
    work(0.3, 0.6)
    return {"epoch": epoch, "loss": round(sum(part["loss"] for part in fitted) / len(fitted), 4)}


@app.task(name="training.evaluate")
def evaluate(model: Json) -> Json:
    """Measure what was learnt."""
    work(0.8, 1.4)
    return {**model, "accuracy": round(1 - model["loss"] / 5, 4)}


# ---- a series of films is published --------------------------------------------------------------------


@app.task(name="video.receive")
def receive(*, series: str) -> Json:
    """Take an upload in."""
    work(0.8, 1.4)
    return {"series": series, "episodes": 4}


@app.task(name="video.probe")
def probe(upload: Json, *, episode: int) -> Json:
    """Look at codec, size and length of an episode."""
    work(0.4, 1.0)
    return {"episode": episode, "codec": "prores", "seconds": random.randint(2400, 3100)}


@app.task(name="video.encode")
def encode(source: Json, *, height: int) -> Json:
    """Encode an episode at one size."""
    work(0.8, 2.0)
    return {"episode": source["episode"], "height": height, "megabytes": height * source["seconds"] // 4000}


@app.task(name="video.package")
def package(renditions: list[Json]) -> Json:
    """Bind the sizes of an episode into one playlist."""
    work(0.5, 1.0)
    return {"episode": renditions[0]["episode"], "sizes": [each["height"] for each in renditions]}


@app.task(name="video.publish")
def publish_series(episodes: list[Json]) -> Json:
    """Put all episodes online."""
    work(0.8, 1.4)
    return {"published": [each["episode"] for each in episodes]}


@app.task(name="video.announce")
def announce(published: Json, *, to: str) -> Json:
    """Tell those who wait for it."""
    work(0.5, 1.0)
    return {**published, "announced_to": to}
