"""Workers that were not told to send events are asked to, and events say when things happened."""

from celery import chain
from stage import imported, write_module

from umbel.engine.store import reads


def test_a_worker_without_events_is_asked_for_them(
    conductor, database, broker_url, celery_worker_process, tmp_path, eventually
):
    celery_worker_process("flow", folder=write_module(tmp_path))
    sent = []

    def seen() -> bool:
        chain(flow.add.s(), flow.add.s()).apply_async()
        sent.append(1)
        return any(run["state"] == "SUCCESS" for run in reads.runs(database)["runs"])

    with imported(tmp_path, broker_url) as flow:
        eventually(seen, 20, "a run that was seen to end")


def test_times_are_those_of_the_worker_whatever_its_time_zone(
    conductor, database, broker_url, celery_worker_process, tmp_path, eventually
):
    zone = {"TZ": "Asia/Tokyo"}
    celery_worker_process("flow", "-E", folder=write_module(tmp_path), environment=zone)
    with imported(tmp_path, broker_url) as flow:
        chain(flow.add.s(), flow.add.s()).apply_async()

        def ended():
            return next((run for run in reads.runs(database)["runs"] if run["finished"]), None)

        run = eventually(ended, 20, "the run's end")
    assert abs(run["finished"] - run["created"]) < 60
