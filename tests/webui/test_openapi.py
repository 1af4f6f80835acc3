"""The description of the API, and whether the API is as described, whatever it is asked."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as how
from hypothesis.errors import Unsatisfiable
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi

from umbel.engine import settings
from umbel.engine.store import Store, bulks
from umbel.engine.store.filters import RunFilters
from umbel.webui.app import create_app

EXAMPLES = 5  # requests that fit, and as many that do not, for each operation

# The ids of the only run: every other request asks for something that is there.
THERE = {"run_id": "run-1", "node_id": "n1-0", "task_id": "n1-0", "field": "result", "bulk_id": "bulk-1"}


@pytest.fixture
def app(database_url: str, broker_url: str) -> Iterator[Flask]:
    """The application on a broker, so that a conductor can be asked."""
    made = create_app(settings.load(database_url=database_url, broker_url=broker_url))
    yield made
    made.extensions["umbel"].store.close()


@pytest.fixture
def recorded(app: Flask, record: Callable[..., str], open_database: Store) -> Flask:
    """An application that has something to tell."""
    node = {"task": "shop.pay", "result": '{"json": [1]}', "exception": "ValueError()", "state": "FAILURE"}
    record([node, "shop.ship", None], [(0, 1, "then", -1), (1, 2, "then", 0)])
    with open_database.write() as connection:
        bulks.begin(
            connection, bulks.Begun("bulk-1", 1.0, "ann", None, RunFilters()), [bulks.Chosen("run-1", 1)]
        )
    return app


def test_it_describes_every_route_of_the_api_and_nothing_else(recorded: Flask) -> None:
    described = recorded.test_client().get("/openapi.json").json
    paths = {rule.rule for rule in recorded.url_map.iter_rules() if rule.rule.startswith("/api/")}
    assert set(described["paths"]) == {path.replace("<", "{").replace(">", "}") for path in paths}
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["summary"].endswith("."), path
            assert {"400", "401", "503"} <= set(operation["responses"])
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/Error")


def test_what_it_refers_to_is_there(client: FlaskClient) -> None:
    described = client.get("/openapi.json").json

    def references(value: Any) -> Any:
        if isinstance(value, dict):
            yield from [value["$ref"]] if "$ref" in value else []
            value = list(value.values())
        if isinstance(value, list):
            for each in value:
                yield from references(each)

    assert described["openapi"].startswith("3.")
    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert set(references(described)) <= known


def test_a_request_that_does_not_fit_is_told_what_is_wrong(client: FlaskClient) -> None:
    answer = client.get("/api/v1/runs?limit=many")
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "bad_request"
    assert answer.json["error"]["message"].startswith("limit: ")


def _ask(operation: Any, mode: schemathesis.GenerationMode) -> int:
    """Ask for one operation in many ways; return how often."""
    wanted = [checks.not_a_server_error, openapi.status_code_conformance, openapi.response_schema_conformance]
    asked = 0

    @how(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),  # type: ignore[arg-type]
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        nonlocal asked
        asked += 1
        if asked % 2:
            case.path_parameters = {name: THERE[name] for name in case.path_parameters or {}}
        case.call_and_validate(checks=wanted)

    ask()
    return asked


@pytest.mark.timeout(240)
def test_no_request_makes_a_server_error_and_answers_are_as_described(
    recorded: Flask, conductor: None
) -> None:
    schema: Any = schemathesis.openapi.from_wsgi("/openapi.json", recorded)
    operations = [result.ok() for result in schema.get_all_operations()]
    for operation in operations:
        assert _ask(operation, schemathesis.GenerationMode.POSITIVE) > 0
        # There is no wrong way to ask for what takes nothing but an id.
        with suppress(Unsatisfiable):
            _ask(operation, schemathesis.GenerationMode.NEGATIVE)
