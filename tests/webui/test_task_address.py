"""``/task/<task_id>``: from an id in a log to the run that holds it."""

from collections.abc import Callable

from flask.testing import FlaskClient


def test_a_task_id_leads_to_its_run(client: FlaskClient, record: Callable[..., str]) -> None:
    run = record([{"task": "shop.pay", "id": "abc"}])
    answer = client.get("/task/abc")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/runs/{run}#node=abc"


def test_an_id_in_several_runs_leads_to_the_newest(client: FlaskClient, record: Callable[..., str]) -> None:
    record([{"task": "shop.pay", "id": "abc"}])
    newer = record([{"task": "shop.pay", "id": "abc"}])
    assert client.get("/task/abc").headers["Location"].startswith(f"/runs/{newer}#")


def test_an_unknown_task_id_is_not_found(client: FlaskClient) -> None:
    answer = client.get("/task/nope", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "nope" in answer.text


def test_an_id_cannot_lead_elsewhere(client: FlaskClient, record: Callable[..., str]) -> None:
    record([{"task": "shop.pay", "id": "a?b#c\r\nX: y"}], id="//evil.example")
    answer = client.get("/task/a%3Fb%23c%0D%0AX%3A y")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/runs/")
    assert "\n" not in answer.headers["Location"]
    assert "X" not in answer.headers


def test_it_cannot_be_posted_to(client: FlaskClient) -> None:
    assert client.post("/task/abc", json={}).status_code == 405


def test_the_beginning_of_an_id_leads_to_the_whole(client: FlaskClient, record: Callable[..., str]) -> None:
    run = record(["shop.pay", {"task": "shop.ship", "id": "0123456789abcdef"}])
    assert client.get("/task/01234567").location == f"/runs/{run}#node=0123456789abcdef"
    assert client.get("/task/0123456").status_code == 404
