"""Whatever is late, lost, told twice or killed: a conducted run ends as the undisturbed one does."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from world import Script, World

from umbel.engine.dag import Node as Spec
from umbel.engine.machine import Cancelled, Paused, Resumed

ENDS = ["ok", "ok", "ok", "fail", "killed", "slow", "vanish", "unregistered", "expired", "hang"]
RULES = [{}, {}, {"run_when": "all_done"}, {"run_when": "any_failed"}, {"retry": 1}, {"retry": 2}]
picks = st.integers(0, 50)


@st.composite
def scripts(draw) -> Script:
    specs, edges, ends = [], [], {}
    names = [f"n{number}" for number in range(draw(st.integers(1, 7)))]
    for place, name in enumerate(names):
        is_join = place > 0 and draw(st.integers(0, 3)) == 0
        rules = {"on_lost": "resend"} | draw(st.sampled_from(RULES))
        specs.append(Spec(id=name, task=None if is_join else f"app.{name}", options={"umbel": rules}))
        ends[name] = draw(st.lists(st.sampled_from(ENDS), min_size=1, max_size=3))
        parents = draw(st.lists(st.sampled_from(names[:place]), unique=True, max_size=3)) if place else []
        position = draw(st.sampled_from([None, 0]))
        edges += [(parent, name, "then", position) for parent in parents or names[:1] * is_join]
    for number in range(draw(st.integers(0, 3))):
        name = f"e{number}"
        rules = {"in_worker": True} if draw(st.integers(0, 3)) == 0 else {"on_lost": "resend"}
        specs.append(Spec(id=name, task=f"app.{name}", options={"umbel": rules}))
        ends[name] = ["ok"]
        callers = [spec.id for spec in specs if spec.task is not None and spec.id in names]
        edges.append((draw(st.sampled_from(callers)), name, "error", None))
    return Script(specs, edges, ends)


class ConductedRun(RuleBasedStateMachine):
    @initialize(script=scripts())
    def submit(self, script: Script) -> None:
        undisturbed = World(script)
        undisturbed.finish()
        self.expected = undisturbed.picture()
        self.world = World(script)

    @precondition(lambda self: self.world.run.ready and self.world.run.paused_at is None)
    @rule(pick=picks)
    def send(self, pick: int) -> None:
        ready = sorted(self.world.run.ready)
        self.world.send(ready[pick % len(ready)])

    @precondition(lambda self: self.world.queue)
    @rule(pick=picks)
    def begin(self, pick: int) -> None:
        self.world.begin(pick % len(self.world.queue))

    @precondition(lambda self: self.world.running)
    @rule(pick=picks)
    def end(self, pick: int) -> None:
        self.world.end(pick % len(self.world.running))

    @precondition(lambda self: self.world.coming)
    @rule(pick=picks, twice=st.booleans())
    def deliver(self, pick: int, twice: bool) -> None:
        self.world.deliver(pick % len(self.world.coming), twice=twice)

    @precondition(lambda self: self.world.coming)
    @rule(pick=picks)
    def drop(self, pick: int) -> None:
        self.world.drop(pick % len(self.world.coming))

    @precondition(lambda self: self.world.queue)
    @rule(pick=picks, late=st.booleans())
    def lose_in_the_queue(self, pick: int, late: bool) -> None:
        self.world.lose(pick % len(self.world.queue), begun=False, late=late)

    @precondition(lambda self: self.world.running)
    @rule(pick=picks, late=st.booleans())
    def lose_with_its_worker(self, pick: int, late: bool) -> None:
        self.world.lose(pick % len(self.world.running), begun=True, late=late)

    @precondition(lambda self: self.world.lost)
    @rule(pick=picks)
    def find_out(self, pick: int) -> None:
        self.world.find_out(pick % len(self.world.lost))

    @rule(again=st.integers(0, 3))
    def restart(self, again: int) -> None:
        self.world.restart(again)

    @rule()
    def settle(self) -> None:
        self.world.settle()

    @rule()
    def pause_or_resume(self) -> None:
        paused = self.world.run.paused_at is not None
        self.world.tell((Resumed if paused else Paused)(self.world.now, "ada"))

    @rule(dice=st.integers(0, 19), terminate=st.booleans())
    def cancel(self, dice: int, terminate: bool) -> None:
        if dice == 0:
            self.world.tell(Cancelled(self.world.now, "ada", terminate=terminate))

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.finish()
            if self.world.run.cancelled_at is None:
                assert self.world.picture() == self.expected


TestConductedRun = ConductedRun.TestCase
TestConductedRun.settings = settings(
    max_examples=150,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
