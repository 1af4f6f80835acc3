"""What a native run has shown, against a graph."""

import random
from typing import Any

import drawing
import shapes

from umbel.engine.canvas import assemble, fragment
from umbel.engine.dag import Dag


def judge_times(calls: list[dict[str, Any]], dag: Dag) -> None:
    """No task begins before those that it waits for have ended."""
    ends, starts = ({call["tag"]: call[word] for call in calls} for word in ("end", "start"))
    ran = [(parent, child) for parent, child in drawing.edges(dag) if parent in ends and child in starts]
    early = [(parent, child) for parent, child in ran if ends[parent] > starts[child]]
    assert not early, f"{early} ran too early"


def judge_drawing(messages: list[dict[str, Any]], calls: list[dict[str, Any]], dag: Dag, fault: str) -> None:
    """The messages alone, in any order, tell exactly what ran, right or wrong."""
    pieces = [fragment(message) for message in messages]
    random.Random(len(calls)).shuffle(pieces)
    drawn = assemble(
        (node for piece in pieces for node in piece.nodes), (edge for piece in pieces for edge in piece.edges)
    )
    tasks = {node.id: node.kwargs["tag"] for node in drawn if node.task == "n"}
    assert tasks == {call["id"]: call["tag"] for call in calls}, "other ids ran"

    # A text does not spell what its task only waited for.
    takers = {node.kwargs["tag"] for node in drawn if node.inputs and node.task == "n"}
    shown = {edge for edge in drawing.edges(drawn) if edge[1] in takers}
    spelled = {(parent, call["tag"]) for call in calls for parent in shapes.parents(call["text"])}
    assert shown == spelled, f"drawn but not run {shown - spelled}, run but not drawn {spelled - shown}"
    if fault in ("", "W2"):
        assert drawing.edges(drawn) == drawing.edges(dag), "the drawing has other edges"
        # Where a member of the header begins with a group, its messages do not tell which list is whose.
        places = [(said["headers"].get("group"), said["headers"].get("group_index")) for said in messages]
        if len(set(places)) == len(places):
            assert drawing.by_tag(drawn) == {call["tag"]: call["text"] for call in calls}
