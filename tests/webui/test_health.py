"""``GET /health``."""

import os
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient


def test_it_is_well_and_never_heard_of_a_conductor(client: FlaskClient) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json) == (200, {"ok": True, "conductor": {"age": None}})


def test_it_tells_how_long_ago_the_conductor_spoke(app: Flask, client: FlaskClient) -> None:
    app.extensions["umbel"].live.hear({"at": 1.0, "lag": None, "runs": []})
    assert 0 <= client.get("/health").json["conductor"]["age"] < 5


def test_it_is_well_without_its_database(client: FlaskClient, tmp_path: Path) -> None:
    os.truncate(tmp_path / "umbel.db", 0)
    assert client.get("/health").status_code == 200
    answer = client.get("/api/v1/runs")
    assert answer.status_code == 503
    assert answer.json["error"]["code"] == "unavailable"
    assert "umbel.db" not in answer.text


def test_it_cannot_be_posted_to(client: FlaskClient) -> None:
    assert client.post("/health", json={}).status_code == 405
