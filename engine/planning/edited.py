"""What edits make of the options of tasks, the rules by which they run among them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..edit import Edit
from ..errors import DagError
from ..options import RULES, UNHEEDED, faults, misspelt
from ..problem import Problem, about
from ..rules import Rules
from .past import Past

_SOON = 2e9  # a moment from which seconds are counted to see whether they lead anywhere


def run_when_of(past: Past, edits: Iterable[Edit]) -> dict[int, str]:
    """Return ``run_when`` of the new run, where it is not ``all_success``; rules that are none do nothing."""
    found = dict(past.run_when)
    for edit in edits:
        told, _ = _told(edit)
        if told is None:
            continue
        try:
            own = None if told is MISSING else Rules.from_json(told)
        except DagError:
            continue
        for node in edit.nodes:
            idx = past.index.get(node)
            if idx is not None and (task := past.tasks[idx]) is not None:
                rules = past.options.of(task, own)
                found[idx] = (rules and rules.run_when) or "all_success"
    return {idx: when for idx, when in found.items() if when != "all_success"}


MISSING = object()


def _told(edit: Edit) -> tuple[Any, str]:
    """Return the rules that an edit gives, and where; ``MISSING`` where it takes them away."""
    if edit.set_options and RULES in edit.set_options:
        value = edit.set_options[RULES]
        return MISSING if value is None else value, "set/options"
    if edit.options is None:
        return None, "options"
    value = edit.options.get(RULES)
    return MISSING if value is None else value, "options"


def misfits(edits: Sequence[Edit]) -> Iterator[Problem]:
    """Yield which options of edits no message can be made of, and which rules are none."""
    for place, edit in enumerate(edits):
        told, field = _told(edit)
        try:
            if told not in (None, MISSING):
                Rules.from_json(told)
        except DagError as error:
            yield about("bad_option", str(error), edit.nodes, f"edits/{place}/{field}/{RULES}")
    for options, field, edit in _options(edits):
        for name, why in faults(options, _SOON):
            yield about("bad_option", why, edit.nodes, f"{field}/{name}")


def oddities(edits: Sequence[Edit]) -> Iterator[Problem]:
    """Yield which options of edits do not do what somebody may hope for."""
    for options, field, edit in _options(edits):
        for name, like in misspelt(options):
            told = f'Celery has no option "{name:.80}", and sends it nowhere: did you mean "{like}"?'
            yield about("unknown_option", told, edit.nodes, f"{field}/{name}")
        for name in UNHEEDED:
            if options.get(name):
                told = f"{name} is not heeded here: which task follows which is said by the graph."
                yield about("unheeded_option", told, edit.nodes, f"{field}/{name}")


def _options(edits: Sequence[Edit]) -> Iterable[tuple[Mapping[str, Any], str, Edit]]:
    for place, edit in enumerate(edits):
        for options, field in ((edit.options, "options"), (edit.set_options, "set/options")):
            if options:
                yield options, f"edits/{place}/{field}", edit
