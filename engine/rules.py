"""How Umbel runs what it conducts: rules of one task, and options of a whole run. Pure value types.

In JSON, and in ``sig.set(umbel={...})`` of a signature; each member may be left out:

==========  ==============================================================================================
rule        of a task
==========  ==============================================================================================
run_when    ``all_success`` (the default): all that it waits for succeeded; ``all_done``: all ended, however;
            ``any_failed``: all ended, and one of them failed
retry       ``{"max": 3, "backoff": 1, "jitter": 0}``: sent again at most ``max`` times after an error or a
            timeout, ``backoff`` seconds later, then twice that, ..., each less a share of up to ``jitter``;
            or ``max`` alone
timeout     seconds from sent to done, of each attempt
on_lost     ``fail`` or ``resend``, when its worker or its message is gone
lock        no two tasks with the same key are out at the same time, in any run
in_worker   (of an error callback) it takes three arguments, so that only a worker can call it
==========  ==============================================================================================

A run has the same (but ``in_worker``) as defaults for its tasks, and:

==========  ==============================================================================================
option      of a run
==========  ==============================================================================================
time_limit  seconds from its submission to its end
window      how many of its tasks may be out at the same time
rates       ``{"task": "100/m"}``: how often a task may be sent, by all runs that say so together
locks       ``{"task": "key"}``: the lock of tasks with this name
priority    -9 to 9: of runs that could send something, the one with the greater goes first
==========  ==============================================================================================
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from .errors import DagError

RUN_WHEN = ("all_success", "all_done", "any_failed")
ON_LOST = ("fail", "resend")
UNITS = {"s": 1, "m": 60, "h": 3600}
LONGEST = 3600.0  # seconds between two attempts
LENGTH = 255  # of a key or a task's name
PRIORITIES = range(-9, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often, and after how long, the conductor sends a failed task again."""

    max: int
    backoff: float = 1.0
    jitter: float = 0.0

    def delay(self, attempt: int, chance: float = 0.0) -> float:
        """Return the seconds until the attempt after the one of this number (the first is 0).

        ``chance``, from 0 up to 1, says how much of the jitter is taken off.
        """
        whole = min(self.backoff * 2.0 ** min(attempt, 64), LONGEST)
        return whole * (1 - self.jitter * chance)

    @classmethod
    def from_json(cls, value: object) -> "Retry":
        """Return what ``value`` spells; raises DagError."""
        given = {"max": value} if isinstance(value, int) else value
        return cls(**_members(given, "retry", {"max": _count, "backoff": _seconds, "jitter": _share}, "max"))

    def to_json(self) -> dict[str, Any]:
        """Return it as a dict of JSON values."""
        return {"max": self.max, "backoff": self.backoff, "jitter": self.jitter}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one task (see the head of this module). None: the run's, or the default."""

    run_when: str | None = None
    retry: Retry | None = None
    timeout: float | None = None
    on_lost: str | None = None
    lock: str | None = None
    in_worker: bool = False

    @property
    def retries(self) -> int:
        """How often it is sent again after it failed."""
        return 0 if self.retry is None else self.retry.max

    @classmethod
    def from_json(cls, value: object) -> "Rules":
        """Return the rules that ``value`` spells.

        Raises
        ------
        DagError
            A member is unknown or does not fit.
        """
        return cls(**_members(value, "The rules of a task (umbel={...})", _RULES | {"in_worker": _flag}))

    def to_json(self) -> dict[str, Any]:
        """Return them as a dict of JSON values, without what is as by default."""
        return _spelled(self)

    def over(self, default: "Rules") -> "Rules":
        """Return these rules, with those of ``default`` where they say nothing."""
        missing = {name: getattr(default, name) for name in _RULES if getattr(self, name) is None}
        return replace(self, **missing) if any(each is not None for each in missing.values()) else self


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of one run (see the head of this module)."""

    rules: Rules = Rules()
    time_limit: float | None = None
    window: int | None = None
    rates: Mapping[str, str] = field(default_factory=dict)
    locks: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0

    @classmethod
    def from_json(cls, value: object) -> "RunOptions":
        """Return the options that ``value`` spells: one flat object.

        Raises
        ------
        DagError
            A member is unknown or does not fit.
        """
        given = _members(value, "The options of a run", _RULES | _OPTIONS)
        rules = Rules(**{name: given.pop(name) for name in _RULES if name in given})
        return cls(rules=rules, **given)

    def to_json(self) -> dict[str, Any]:
        """Return them as one flat dict of JSON values, without what is as by default."""
        own = {name: each for name, each in _spelled(self).items() if name != "rules"}
        return self.rules.to_json() | own

    def of(self, task: str, own: Rules | None = None) -> Rules | None:
        """Return the rules that hold for a task of the run with rules of its ``own``; None where none do."""
        rules = self.rules
        if task in self.locks:
            rules = replace(rules, lock=self.locks[task])
        if own is not None:
            rules = own.over(rules)
        return None if rules == _NONE else rules


_NONE = Rules()


def per_second(rate: str) -> float:
    """Return how many tasks a second a rate in Celery's form allows; infinity for no limit.

    >>> per_second("90/m")
    1.5
    """
    number, _, unit = rate.strip().partition("/")
    try:
        count = float(number)
        each = count / UNITS[unit.strip() or "s"]
    except (KeyError, ValueError):
        count = each = math.nan
    if not math.isfinite(each) or count < 0:
        raise DagError(f"{rate!r} is no rate: write a number of tasks and s, m or h, such as '100/m'.")
    return each or math.inf


# --- members and their kinds


def _members(
    value: object, what: str, known: Mapping[str, Callable[[str, object], Any]], *needed: str
) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise DagError(f"{what}: an object is wanted, not {value!r:.80}.")
    if unknown := [name for name in value if name not in known]:
        raise DagError(f"{what}: there is no {_list(unknown)}; what can be said is {_list(known)}.")
    for name in needed:
        if value.get(name) is None:
            raise DagError(f"{what}: {name} is missing.")
    return {name: known[name](name, each) for name, each in value.items() if each is not None}


def _list(names: Iterable[object]) -> str:
    return ", ".join(f"{name!s:.40}" for name in names)


def _spelled(value: Any) -> dict[str, Any]:
    spelled = {}
    for each in fields(value):
        default = each.default_factory() if callable(each.default_factory) else each.default
        if (held := getattr(value, each.name)) != default:
            spelled[each.name] = held.to_json() if hasattr(held, "to_json") else held
    return {name: dict(held) if isinstance(held, Mapping) else held for name, held in spelled.items()}


def _wrong(name: str, value: object, wanted: str) -> DagError:
    return DagError(f"{name} is {value!r:.80}: {wanted} is wanted.")


def _one_of(*words: str) -> Callable[[str, object], str]:
    def word(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise _wrong(name, value, f"one of {_list(words)}")
        return value

    return word


def _number(name: str, value: object, wanted: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e11:
        raise _wrong(name, value, wanted)
    return float(value)


def _positive(name: str, value: object) -> float:
    if not (seconds := _number(name, value, "a number of seconds above 0")):
        raise _wrong(name, value, "a number of seconds above 0")
    return seconds


def _seconds(name: str, value: object) -> float:
    return _number(name, value, "a number of seconds")


def _share(name: str, value: object) -> float:
    if (share := _number(name, value, "a number from 0 to 1")) > 1:
        raise _wrong(name, value, "a number from 0 to 1")
    return share


def _whole(name: str, value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _wrong(name, value, f"a whole number from {least} to {most}")
    return value


def _count(name: str, value: object) -> int:
    return _whole(name, value, 0, 1_000_000)


def _window(name: str, value: object) -> int:
    return _whole(name, value, 1, 1_000_000_000)


def _priority(name: str, value: object) -> int:
    return _whole(name, value, PRIORITIES[0], PRIORITIES[-1])


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, value, "true or false")
    return value


def _key(name: str, value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LENGTH:
        raise _wrong(name, value, f"a text of 1 to {LENGTH} characters")
    return value


def _rate(name: str, value: object) -> str:
    rate = f"{value}/s" if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(rate, str):
        raise _wrong(name, value, "a rate such as '100/m'")
    per_second(rate)
    return rate


def _by_task(kind: Callable[[str, object], str]) -> Callable[[str, object], dict[str, str]]:
    def mapping(name: str, value: object) -> dict[str, str]:
        if not isinstance(value, Mapping):
            raise _wrong(name, value, "an object by names of tasks")
        return {
            _key(f"a task in {name}", task): kind(f"{name} of {task}", each) for task, each in value.items()
        }

    return mapping


_RULES: dict[str, Callable[[str, object], Any]] = {
    "run_when": _one_of(*RUN_WHEN),
    "retry": lambda _, value: value if isinstance(value, Retry) else Retry.from_json(value),
    "timeout": _positive,
    "on_lost": _one_of(*ON_LOST),
    "lock": _key,
}
_OPTIONS: dict[str, Callable[[str, object], Any]] = {
    "time_limit": _positive,
    "window": _window,
    "rates": _by_task(_rate),
    "locks": _by_task(_key),
    "priority": _priority,
}
