"""A user's Celery module. Each task returns the text of its own call, and tells the broker that it ran."""

import json
import os
from typing import Any

from celery import Celery, chain, chord, group

from umbel.engine import watch

app = Celery("sample")
if not os.environ.get("SAMPLE_UNWATCHED"):
    watch(app)


def spell(value):
    return "[" + ",".join(map(spell, value)) + "]" if isinstance(value, list) else str(value)


def called(task, tag):
    with app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        channel.client.rpush("calls", json.dumps([task.request.id, tag]))


@app.task(bind=True, name="n")
def n(self, *args, tag="?"):
    called(self, tag)
    if tag.endswith("!"):
        raise ValueError(tag)
    return f"{tag}({','.join(map(spell, args))})"


def t(tag, **options):
    """A signature of ``n``."""
    return n.s(tag=tag).set(**options)


@app.task(bind=True, name="sends")
def sends(self, *args):
    """Send two canvases of its own, and a lone task."""
    called(self, "sends")
    (t("X") | t("Y")).apply_async()
    chord([t("P"), t("Q")], t("R")).apply_async()
    t("alone").apply_async()


@app.task(bind=True, name="swaps")
def swaps(self, *args, how):
    """Be replaced."""
    if how == "task":
        return self.replace(t("S1"))
    if how == "group":
        return self.replace(group(t("S1"), t("S2")))
    return self.replace(t("S1") | chord([t("S2"), t("S3")], t("S4")) | t("S5"))


@app.task(bind=True, name="retries", max_retries=2)
def retries(self, *args, tag="retries"):
    called(self, tag)
    if self.request.retries < 2:
        raise self.retry(countdown=0)
    return tag


@app.task(bind=True, name="adds")
def adds(self, *args):
    self.add_to_chord(t("added"))
    return "adds"


@app.task(name="flood")
def flood(count):
    """Send more members than leave in time, just before this process may end."""
    group(t(f"m{number}") for number in range(count)).apply_async()


__all__ = ["app", "chain", "chord", "group", "n", "t"]
