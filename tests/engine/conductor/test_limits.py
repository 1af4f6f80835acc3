"""Who goes now, and why the others wait."""

import math

from umbel.engine.conductor.limits import Limits
from umbel.engine.rules import Rules, RunOptions
from umbel.engine.run import Node, Run


def made(number, count, *, task="app.work", locks=(), dues=(), **options):
    """Return a run of so many tasks that may be sent, as far as their parents go."""
    run = Run(id=f"r{number}", number=number, created=0.0, kind="conducted", options=RunOptions(**options))
    for idx in range(count):
        lock = locks[idx] if idx < len(locks) else None
        due = dues[idx] if idx < len(dues) else None
        rules = Rules(lock=lock) if lock else None
        run.nodes.append(Node(idx, f"{run.id}.{idx}", task, conducted=True, rules=rules, due=due))
        run.ready.add(idx)
    return run


class World:
    """Open runs, and limits that choose among them."""

    def __init__(self, *runs, window=1_000, rates=None):
        self.runs = {run.number: run for run in runs}
        self.limits = Limits(window, rates)
        self.limits.begin(runs)
        self.waits = {}

    def choose(self, now=0.0, changed=(), most=1_000):
        """Choose, and have it sent; return ids."""
        choice = self.limits.choose(self.runs, [run.number for run in changed], now, most)
        self.limits.settle(choice)
        self.waits = {run.id: waits for run, waits in choice.waits}
        for run, idx in choice.chosen:
            run.ready.discard(idx)
            run.out.add(idx)
        return [run.nodes[idx].id for run, idx in choice.chosen]

    def end(self, run, *indexes):
        """Have tasks ended."""
        run.out -= set(indexes)


def test_without_limits_all_go_in_the_order_of_the_graph():
    run = made(1, 12)
    assert World(run).choose() == [f"r1.{idx}" for idx in range(12)]


def test_the_window_of_a_run_holds_the_rest_until_something_ends():
    run = made(1, 5, window=2)
    world = World(run)
    assert world.choose() == ["r1.0", "r1.1"]
    assert world.waits["r1"] == {"window": {"limit": 2, "of": "run"}}
    assert world.choose() == []
    world.end(run, 0)
    assert world.choose() == ["r1.2"]
    world.end(run, 1, 2)
    assert world.choose() == ["r1.3", "r1.4"]
    assert world.waits["r1"] == {}


def test_the_window_of_all_runs_serves_the_greater_priority_and_then_the_older_run():
    low, old, new = made(1, 3, priority=-1), made(2, 2), made(3, 2)
    world = World(low, old, new, window=3)
    assert world.choose() == ["r2.0", "r2.1", "r3.0"]
    assert world.waits["r3"] == world.waits["r1"] == {"window": {"limit": 3, "of": "all"}}
    world.end(old, 0, 1)
    assert world.choose() == ["r3.1", "r1.0"]


def test_a_rate_spreads_tasks_of_a_name_over_all_runs():
    one, other = made(1, 2, rates={"app.work": "60/m"}), made(2, 2, rates={"app.work": "60/m"})
    world = World(one, other)
    assert world.choose(100.0) == ["r1.0"]
    assert world.waits["r2"] == {"rates": {"app.work": {"rate": "60/m", "next": 101.0}}}
    assert world.limits.due == 101.0
    assert world.choose(100.9) == []
    assert world.choose(101.0) == ["r1.1"]
    assert world.choose(102.0) == ["r2.0"]


def test_the_stricter_of_two_rates_holds():
    run = made(1, 3, rates={"app.work": "10/s"})
    world = World(run, rates={"app.work": "1/s"})
    assert world.choose(100.0) == ["r1.0"]
    assert world.waits["r1"]["rates"]["app.work"] == {"rate": "1/s", "next": 101.0}


def test_a_fast_rate_makes_up_for_a_late_look_and_never_for_a_long_rest():
    run = made(1, 1_000, rates={"app.work": "100/s"})
    world = World(run)
    assert len(world.choose(100.0)) == 1
    assert len(world.choose(100.1)) in (9, 10)
    assert len(world.choose(200.0)) <= 27


def test_a_rate_goes_on_after_a_restart_where_it_stood():
    run = made(1, 3, rates={"app.work": "60/m"})
    run.nodes[0] = run.nodes[0]._replace(sent=100.0)
    run.ready.discard(0)
    world = World(run)
    assert world.choose(100.5) == []
    assert world.choose(101.0) == ["r1.1"]


def test_a_lock_lets_one_task_go_at_a_time_in_any_run():
    one, other = made(1, 3, locks=["door", "door", "gate"]), made(2, 1, locks=["door"])
    world = World(one, other)
    assert world.choose() == ["r1.0", "r1.2"]
    assert world.waits == {
        "r1": {"locks": {"door": {"run": "r1", "node": "r1.0"}}},
        "r2": {"locks": {"door": {"run": "r1", "node": "r1.0"}}},
    }
    world.end(one, 0, 2)
    assert world.choose() == ["r1.1"]
    world.end(one, 1)
    assert world.choose() == ["r2.0"]


def test_a_lock_is_held_after_a_restart_by_what_is_out():
    run = made(1, 2, locks=["door", "door"])
    run.ready.discard(0)
    run.out.add(0)
    world = World(run)
    assert world.choose() == []
    world.end(run, 0)
    assert world.choose() == ["r1.1"]


def test_what_is_tried_again_goes_when_it_is_due():
    run = made(1, 2, dues=[105.0])
    world = World(run)
    assert world.choose(100.0) == ["r1.1"]
    assert world.limits.due == 105.0
    assert world.choose(105.0) == ["r1.0"]
    assert world.limits.due == math.inf


def test_a_paused_run_sends_nothing_and_goes_on_where_it_was():
    run = made(1, 2)
    run.paused_at = 1.0
    world = World(run)
    assert world.choose() == []
    run.paused_at = None
    assert world.choose(changed=[run]) == ["r1.0", "r1.1"]


def test_what_is_too_much_for_one_batch_goes_with_the_next():
    world = World(made(1, 5))
    assert len(world.choose(50.0, most=3)) == 3
    assert world.limits.due == 50.0
    assert len(world.choose(50.0, most=3)) == 2
    assert world.limits.due == math.inf


def test_what_was_cancelled_meanwhile_does_not_go():
    run = made(1, 3, window=1)
    world = World(run)
    assert world.choose() == ["r1.0"]
    run.ready.discard(1)
    world.end(run, 0)
    assert world.choose() == ["r1.2"]
