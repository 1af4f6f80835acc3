"""``GET /api/v1/runs/<id>/failures``."""

from collections.abc import Callable

from flask.testing import FlaskClient


def test_failures_are_grouped(client: FlaskClient, record: Callable[..., str]) -> None:
    failed = {"task": "shop.pay", "state": "FAILURE", "exception": "ValueError('<i>')"}
    run = record([failed, failed, "shop.ship", None])
    told = client.get(f"/api/v1/runs/{run}/failures").json
    assert (told["failed"], told["distinct"], told["shared"]) == (2, 1, [])
    [only] = told["clusters"]
    assert (only["type"], only["message"], only["members"]) == ("ValueError", "<i>", [[0, 2]])


def test_a_run_that_is_not_there_has_no_failures(client: FlaskClient) -> None:
    assert client.get("/api/v1/runs/nope/failures").status_code == 404


def test_they_cannot_be_posted_to(client: FlaskClient) -> None:
    assert client.post("/api/v1/runs/x/failures", json={}).status_code == 405
