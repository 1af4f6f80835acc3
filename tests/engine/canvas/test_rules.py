"""Each kind of canvas becomes the graph that its rule says."""

import json

import drawing
import pytest
import tasks
from rows import Row, rows

from umbel.engine.canvas import to_dag


@pytest.mark.parametrize("row", [pytest.param(row, id=row.rule) for row in rows(tasks.n)])
def test_a_canvas_means_what_its_rule_says(row: Row):
    for canvas in (row.canvas, json.loads(json.dumps(row.canvas))):
        dag = to_dag(canvas)
        assert drawing.returned(dag) == row.right
        ends = drawing.last(dag)
        if dag.outputs is not None and isinstance(dag.outputs, str):
            assert ends | {row.right} == {row.right, *row.also}
        else:
            assert set(row.also) <= ends
