"""A run that Celery ran, and that failed, is mended: with what a result backend keeps, and without one."""

import pytest
from celery import chain, group
from stage import conducting, imported, write_module

from umbel.engine import RunHandle
from umbel.engine.choice import Choice
from umbel.engine.plan import plan
from umbel.engine.store import planning, reads

BROKEN = """
from redis import Redis

redis = Redis.from_url(os.environ["CELERY_RESULT_BACKEND"])

@app.task(name="flow.count", shared=False)
def count(*args):
    redis.incr("ran:count")
    return [f"item {number}" for number in range(2_000)]

@app.task(name="flow.measure", shared=False)
def measure(items):
    redis.incr("ran:measure")
    if redis.get("broken"):
        raise ValueError("broken")
    return len(items)
"""


@pytest.fixture(params=[True, False], ids=["with a result backend", "without one"])
def is_kept(request):
    """Whether the conductor knows the result backend."""
    return request.param


@pytest.fixture
def flow(tmp_path, broker_url, database_url, celery_worker_process, is_kept):
    """A module of tasks, watched, with a worker and a conductor."""
    module = write_module(tmp_path) / "flow.py"
    module.write_text(module.read_text() + BROKEN)
    celery_worker_process("flow", "-E", folder=tmp_path)
    more = {"result_backend": broker_url} if is_kept else {}
    with conducting(broker_url, database_url, **more), imported(tmp_path, broker_url) as imports:
        yield imports


def test_a_watched_run_is_mended_with_the_results_that_are_kept_or_by_running_what_is_needed(
    flow, listening, database, eventually, is_kept
):
    listening(flow)
    flow.redis.set("broken", 1)
    sent = chain(flow.count.s(), group(flow.measure.s(), flow.measure.s()), flow.total.s()).apply_async()
    [found] = eventually(lambda: reads.find(database, sent.id), 20, "the run")
    old = found["run"]
    eventually(lambda: reads.run(database, old)["state"] == "FAILURE", 20, "its failure")
    flow.redis.delete("broken")

    def planned():
        past = planning.past(database, old)
        assert past is not None
        return plan(past, Choice(failed=True))

    wanted = (3, 1) if is_kept else (4, 0)
    made = eventually(
        lambda: (each := planned()).counts["run"] == wanted[0] and each, 20, "a plan that knows what is kept"
    )
    assert (made.counts["run"], made.counts["reuse"], list(made.problems)) == (*wanted, [])
    mended = RunHandle(old, app=flow.app).resubmit(plan=made.hash)
    assert mended.result(30) == 4000
    assert [int(flow.redis.get(f"ran:{name}")) for name in ("count", "measure")] == [1 if is_kept else 2, 4]
    assert reads.run(database, old)["resolved_by"] == mended.id
