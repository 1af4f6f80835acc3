"""Long rows of cards are broken into lines, so that they can be read."""

from typing import Any

from umbel.webui.api.lines import broken


def _row(count: int) -> dict[str, Any]:
    """``count`` cards in a row, each 280 px after the one before."""
    return {
        "width": 280.0 * count - 80,
        "height": 52.0,
        "nodes": {str(each): [100.0 + 280 * each, 26.0] for each in range(count)},
        "blocks": [],
        "edges": [
            [each, each + 1, "then", f"M{200 + 280 * each},26 C{220 + 280 * each},26 260,26 280,26"]
            for each in range(count - 1)
        ],
    }


def _heights(layout: dict[str, Any]) -> list[float]:
    return [layout["nodes"][str(place)][1] for place in range(len(layout["nodes"]))]


def test_a_short_row_stays_a_row() -> None:
    assert broken(_row(4), [], [200] * 4) == _row(4)


def test_a_long_row_becomes_lines_that_are_read_like_text() -> None:
    lines = broken(_row(30), [], [200] * 30)
    heights = _heights(lines)
    assert heights == sorted(heights)
    assert 3 <= len(set(heights)) <= 6
    assert lines["width"] < _row(30)["width"] / 3
    assert all(0 < x < lines["width"] for x, _ in lines["nodes"].values())
    assert len(lines["edges"]) == 29


def test_an_edge_to_the_next_line_ends_at_its_card() -> None:
    lines = broken(_row(30), [], [200] * 30)
    heights = _heights(lines)
    first = next(place for place in range(30) if heights[place] != heights[0])
    path = next(path for _, child, _, path in lines["edges"] if child == first)
    x, y = lines["nodes"][str(first)]
    assert path.endswith(f"L{x - 100:g},{y:g}")


def test_what_a_frame_holds_together_stays_in_one_line() -> None:
    frames = [list(range(at, at + 4)) for at in range(0, 28, 4)]
    heights = _heights(broken(_row(30), frames, [200] * 30))
    assert all(len({heights[place] for place in frame}) == 1 for frame in frames)


def test_where_many_edges_cross_there_is_no_break() -> None:
    row = _row(30)
    row["edges"] += [[0, 29, "then", "M1,2 C3,4 5,6 7,8"]] * 3
    assert broken(row, [], [200] * 30) == row
