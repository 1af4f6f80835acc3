"""The canvases that a visitor can start. Celery 5.7 runs each of them right."""

import random

from celery import chain, chord, group
from celery.canvas import Signature

from . import tasks
from .catalogue import Workflow

EPOCHS, SHARDS = 5, 10
HEIGHTS = (1080, 720, 360)


def ceph_node() -> Signature:
    """Return the replacement of a storage node."""
    node = f"ceph-{random.randint(1, 24):02}"
    return chain(
        tasks.set_downtime.si(node, minutes=90),
        tasks.change_weight.si(node, weight=0.0),
        tasks.wait_until_healthy.si(looks=4),
        tasks.remove_node.si(node),
        tasks.tell_technicians.s(rack=f"B{random.randint(1, 18):02}"),
        tasks.add_node.s(),
        tasks.change_weight.si(node, weight=1.0),
        tasks.wait_until_healthy.si(looks=3),
    )


def new_device() -> Signature:
    """Return what follows a login from a device that was never seen."""
    user = random.choice(("ada", "grace", "edsger", "barbara", "tony"))
    return chain(
        tasks.check_device.s(user, device="Firefox on Linux", address=f"203.0.113.{random.randint(1, 254)}"),
        group(tasks.notify_user.s(), tasks.save_device.s()),
        tasks.call_risk_api.s(),
        tasks.post_process.s(),
    )


def nightly_etl() -> Signature:
    """Return a load of three tables, one of which has a row that nobody can read."""
    cleans = {table: tasks.clean.s(table=table) for table in ("orders", "customers", "products")}
    cleans["customers"].on_error(tasks.clean_up.s(schema="staging_customers"))
    branches = [chain(clean, tasks.load_table.s()) for clean in cleans.values()]
    return chain(
        tasks.extract.s(source="shop"),
        group(branches),
        tasks.report.s(),
        tasks.publish_report.s(channel="#numbers"),
    )


def training() -> Signature:
    """Return five rounds of ten tasks in parallel and one that joins them: five chained chords of ten."""
    rounds = (
        chord([tasks.fit_shard.s(shard=shard) for shard in range(SHARDS)], tasks.average.s(epoch=epoch))
        for epoch in range(1, EPOCHS + 1)
    )
    return chain(tasks.load_data.s(dataset="leaves", shards=SHARDS), *rounds, tasks.evaluate.s())


def video_series() -> Signature:
    """Return a group of chains with a group in each."""
    episodes = (
        chain(
            tasks.probe.s(episode=episode),
            group(tasks.encode.s(height=height) for height in HEIGHTS),
            tasks.package.s(),
        )
        for episode in range(1, 5)
    )
    return chain(
        tasks.receive.s(series="The Life of Plants"),
        group(*episodes),
        tasks.publish_series.s(),
        tasks.announce.s(to="subscribers"),
    )


WORKFLOWS = (
    Workflow(
        "ceph-node",
        "Replace a Ceph node",
        "Takes a storage node out and a new one in, and looks again and again until all data has moved.",
        ceph_node,
    ),
    Workflow(
        "new-device",
        "Login from a new device",
        "Checks, then notifies and saves in parallel, then asks another service, which is busy at first.",
        new_device,
    ),
    Workflow(
        "nightly-etl",
        "Nightly ETL, with a broken row",
        "Three branches, one of which fails: its clean-up runs, and what waits for all three never will.",
        nightly_etl,
    ),
    Workflow(
        "training",
        "Five chords of ten",
        "Trains a model in five rounds; in each, ten tasks run in parallel and one joins their results.",
        training,
    ),
    Workflow(
        "video-series",
        "Publish a series",
        "Four episodes in parallel, three encodings of each: chains in a group, and groups in the chains.",
        video_series,
    ),
)

FIRST = ("video-series", "ceph-node")  # what runs when the demo opens
