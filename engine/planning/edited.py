"""What edits make of the rules by which tasks run. Pure."""

from typing import Any

from ..choice import Choice, Edit
from ..errors import DagError
from ..problem import Problem
from ..rules import Rules
from .past import Past

RULES = "umbel"  # the option of a signature that holds them


def rules_of(past: Past, choice: Choice) -> tuple[dict[int, str], list[Problem]]:
    """Return ``run_when`` of the new run, where it is not ``all_success``, and what does not fit."""
    found, problems = dict(past.run_when), list[Problem]()
    for place, edit in enumerate(choice.edits):
        told, field = _told(edit)
        if told is None:
            continue
        try:
            own = None if told is MISSING else Rules.from_json(told)
        except DagError as error:
            problems.append(Problem("malformed", str(error), f"edits/{place}/{field}/{RULES}"))
            continue
        for node in edit.nodes:
            idx = past.index.get(node)
            if idx is not None and (task := past.tasks[idx]) is not None:
                rules = past.options.of(task, own)
                found[idx] = (rules and rules.run_when) or "all_success"
    return {idx: when for idx, when in found.items() if when != "all_success"}, problems


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
