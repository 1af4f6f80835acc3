"""``GET /api/v1/runs/<id>/search``."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient


def test_tasks_are_found_by_some_text(client: FlaskClient, record: Callable[..., str]) -> None:
    run = record(["shop.pay", None, {"task": "shop.ship", "args": '["<i>"]'}])
    found = client.get(f"/api/v1/runs/{run}/search", query_string={"q": "<i"}).json
    assert found == {
        "total": 1,
        "hits": {"argument": [[2, 1]]},
        "quotes": [[2, '["', "<i", '>"]']],
        "cut": None,
        "searched": 2,
    }


@pytest.mark.parametrize("query", ["", "q=", f"q={'x' * 501}", "q=%00"])
def test_a_search_for_nothing_is_a_bad_request(
    client: FlaskClient, record: Callable[..., str], query: str
) -> None:
    assert client.get(f"/api/v1/runs/{record()}/search?{query}").status_code == 400


def test_a_run_that_is_not_there_is_not_searched(client: FlaskClient) -> None:
    assert client.get("/api/v1/runs/nope/search?q=a").status_code == 404


def test_it_cannot_be_posted_to(client: FlaskClient) -> None:
    assert client.post("/api/v1/runs/x/search", json={}).status_code == 405
