"""The pages ``/`` and ``/runs/<id>``, and errors as people see them."""

from collections.abc import Callable

from flask.testing import FlaskClient

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def test_the_first_page_is_there_without_any_run(client: FlaskClient) -> None:
    answer = client.get("/", headers=BROWSER)
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert 'type="importmap"' in answer.text


def test_a_run_has_a_page(client: FlaskClient, record: Callable[..., str]) -> None:
    answer = client.get(f"/runs/{record()}", headers=BROWSER)
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"


def test_a_run_that_is_not_there_has_a_page_that_says_so(client: FlaskClient) -> None:
    answer = client.get("/runs/<script>alert(1)<", headers=BROWSER)
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "There is no run" in answer.text
    assert "<script>alert" not in answer.text


def test_an_address_that_is_none_has_a_page_that_says_so(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_a_program_is_told_in_json(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers={"Accept": "application/json"})
    assert answer.json["error"]["code"] == "not_found"


def test_pages_cannot_be_posted_to(client: FlaskClient) -> None:
    answer = client.post("/", json={})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_page_says_whether_it_is_the_demo(client: FlaskClient) -> None:
    assert 'data-demo="no"' in client.get("/").text


def test_a_run_that_has_become_part_of_another_leads_there(
    client: FlaskClient, record: Callable[..., str]
) -> None:
    run = record([{"task": "shop.pay", "id": "root-of-it"}])
    assert client.get("/runs/root-of-it", headers=BROWSER).location == f"/runs/{run}"
