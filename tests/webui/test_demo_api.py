"""What the demo adds to the API."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from umbel.engine import settings
from umbel.webui.app import create_app
from umbel.webui.demo.catalogue import Catalogue, Workflow

PATH = "/api/v1/demo"


class Sent:
    """What Celery returns for a task that was sent."""

    id = "the-task"

    def apply_async(self) -> "Sent":
        """Send nothing."""
        return self


@pytest.fixture
def demo(database_url: str, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A demo with two workflows, whose runs somebody else records."""
    monkeypatch.setattr("umbel.webui.demo.api.RECORD_SECONDS", 0.2)
    pay = Workflow("pay", "Pay", "Pays.", Sent, options={"window": 3})
    catalogue = Catalogue([pay, Workflow("rules", "Rules", "Has rules.", Sent, native=False)])
    return create_app(settings.load(database_url=database_url), demo=catalogue).test_client()


def test_outside_the_demo_there_is_nothing(client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 404
    assert client.get(PATH).json["error"]["code"] == "not_found"
    assert client.post(f"{PATH}/pay", json={}).status_code == 404


def test_a_demo_without_workflows_has_an_empty_list(database_url: str) -> None:
    app = create_app(settings.load(database_url=database_url), demo=Catalogue([]))
    assert app.test_client().get(PATH).json == {"workflows": []}


def test_a_workflow_that_is_recorded_tells_its_run(demo: FlaskClient, record: Callable[..., str]) -> None:
    run = record([{"task": "shop.pay", "id": Sent.id}])
    answer = demo.post(f"{PATH}/pay", json={})
    assert (answer.status_code, answer.json) == (201, {"run": run})


def test_a_workflow_that_is_not_recorded_yet_tells_its_task(demo: FlaskClient) -> None:
    answer = demo.post(f"{PATH}/pay", json={})
    assert (answer.status_code, answer.json) == (202, {"task_id": Sent.id})


def test_a_workflow_that_is_not_there_is_not_found(demo: FlaskClient) -> None:
    assert demo.post(f"{PATH}/nope", json={}).status_code == 404


def test_a_workflow_is_conducted_for_who_asks_and_its_run_is_told(
    demo: FlaskClient, record: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = record([{"task": "shop.pay"}])
    asked: list[dict[str, Any]] = []

    class Handle:
        id = run

    def conduct(canvas: Any, **options: Any) -> Handle:
        asked.append(options)
        return Handle()

    monkeypatch.setattr("umbel.engine.conduct", conduct, raising=False)
    answer = demo.post(f"{PATH}/pay", json={"conducted": True})
    assert (answer.status_code, answer.json) == (201, {"run": run})
    assert asked == [{"by": "web (127.0.0.1)", "window": 3}]


def test_what_has_rules_of_the_conductor_is_not_run_natively(demo: FlaskClient) -> None:
    answer = demo.post(f"{PATH}/rules", json={})
    assert answer.status_code == 400
    assert "Start it conducted" in answer.json["error"]["message"]


@pytest.mark.parametrize("body", ["", "{", "[]", '{"a": 1}', "null"])
def test_a_body_that_makes_no_sense_is_a_bad_request(demo: FlaskClient, body: Any) -> None:
    answer = demo.post(f"{PATH}/pay", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "bad_request"


def test_a_body_that_is_too_large_is_refused(demo: FlaskClient) -> None:
    assert demo.post(f"{PATH}/pay", json={"x": "x" * 2_000_000}).status_code == 413


def test_only_a_post_starts_anything(demo: FlaskClient) -> None:
    assert demo.get(f"{PATH}/pay").status_code == 405
    assert demo.post(PATH, json={}).status_code == 405


def test_another_site_cannot_start_anything(demo: FlaskClient) -> None:
    answer = demo.post(f"{PATH}/pay", json={}, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403


def test_a_page_of_the_demo_says_so(demo: FlaskClient) -> None:
    assert 'data-demo="yes"' in demo.get("/").text
