"""The table of what canvases mean, against what real Celery makes of each of them."""

from typing import Any

import drawing
from celery import signature
from judging import judge_drawing
from rows import Row, rows

from umbel.engine.canvas import to_dag


def test_each_rule_is_what_celery_does_and_each_fault_is_still_there(native, eventually, count):
    def row(number: int) -> Row:
        return rows(native.task, lambda tag: f"{number}.{tag}")[number]

    def sent(number: int) -> Any:
        canvas = row(number).canvas
        return canvas if hasattr(canvas, "apply_async") else signature(canvas, app=native.app)

    numbers = range(len(rows(native.task)))
    native.send(numbers, sent)
    eventually(native.settled, 60, "all calls")
    native.read()

    wrong = []
    for number in numbers:
        try:
            judge(row(number), native.messages[number], native.calls[number])
        except AssertionError as problem:
            wrong.append(f"{row(number).rule}: {problem}")
    faults = sum(bool(row(number).fault) for number in numbers)
    count(f"{len(numbers)} canvases of the table: {len(numbers) - faults} agreed, native gets {faults} wrong")
    assert not wrong, "\n".join(wrong)


def judge(row: Row, messages: list[dict[str, Any]], calls: list[dict[str, Any]]) -> None:
    """A canvas runs as the table says, or not, if it names a fault; either way it is drawn as it runs."""
    dag = to_dag(row.canvas)
    right, native = sorted(drawing.by_tag(dag).values()), sorted(call["text"] for call in calls)
    assert (native == right) == (not row.fault), f"{native} natively, {right} by the graph"
    if row.fault != "W5":  # there Celery sends from a task what no message has said
        judge_drawing(messages, calls, dag, row.fault)
