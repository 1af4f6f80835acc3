"""The live socket of a real server: joining, being told, and being kept out."""

from collections.abc import Callable
from typing import Any

import pytest
from kombu import Connection, Exchange

from umbel.engine.protocol import LIVE
from umbel.webui.changes import spell

UPGRADE = {"Upgrade": "websocket"}


@pytest.fixture
def tell(broker_url: str) -> Any:
    """Say something as the conductor does."""
    with Connection(broker_url) as connection:
        producer = connection.Producer(
            exchange=Exchange(LIVE, type="fanout", durable=False), serializer="json"
        )

        def say(*runs: dict[str, Any], **members: Any) -> None:
            producer.publish({"at": 1.0, "lag": 0.01, "runs": list(runs)} | members)

        yield say


@pytest.fixture
def listening(serve: Callable[..., Any], tell: Any, eventually: Callable[..., Any]) -> Any:
    """A server that hears the conductor."""

    def heard() -> bool:
        tell()
        return server.ask("/health").json["conductor"]["age"] is not None

    server = serve()
    eventually(heard, 20, "a server that hears")
    return server


def _change(run: str, seq: int, *changes: list[Any], **members: Any) -> dict[str, Any]:
    summary = {"name": "shop.pay", "kind": "native", "state": "RUNNING", "nodes": 1, "counts": {}}
    times = {"created": 1.0, "started": 1.0, "finished": None}
    return {"id": run, "seq": seq, "structure": 1, "changes": list(changes)} | summary | times | members


def test_who_joins_a_run_gets_a_snapshot_and_then_what_changes(
    listening: Any, connect: Callable[..., Any], record: Callable[..., str], tell: Any
) -> None:
    run = record(["shop.pay", None, "shop.ship"])
    live = connect(listening, Origin=f"http://127.0.0.1:{listening.port}")

    ack = live.ask("join", {"run": run, "since": 0, "structure": 0})
    assert ack["ok"] is True
    assert ack["at"] > 1_000_000_000
    assert ack["snapshot"]["states"] == "0-0"
    assert ack["snapshot"]["run"]["id"] == run

    tell(_change(run, 2, [0, 3, 5.0, None, 0]))
    delta = live.hear("delta")
    assert (delta["id"], delta["from"], delta["seq"]) == (run, 2, 2)
    assert delta["changes"] == spell([[0, 3, 5.0, None, 0]])
    assert delta["state"] == "RUNNING"


def test_a_burst_is_told_in_a_few_deltas_that_follow_each_other(
    listening: Any, connect: Callable[..., Any], record: Callable[..., str], tell: Any
) -> None:
    run = record()
    live = connect(listening)
    live.ask("join", {"run": run})
    for seq in range(2, 202):
        tell(_change(run, seq, [0, 3, float(seq), None, 0]))

    last, deltas, delta = 1, 0, {}
    while last < 201:
        delta = live.hear("delta")
        assert delta["from"] == last + 1
        last, deltas = delta["seq"], deltas + 1
    assert delta["changes"] == spell([[0, 3, 201.0, None, 0]])
    assert deltas < 100


def test_the_list_is_told_of_every_run(listening: Any, connect: Callable[..., Any], tell: Any) -> None:
    live = connect(listening)
    assert set(live.ask("join", {"run": None})) == {"ok", "at"}
    tell(_change("somebody", 1, [0, 3, None, None, 0]))
    [run] = live.hear("runs")["runs"]
    assert run["id"] == "somebody"
    assert "changes" not in run


def test_who_left_a_run_is_told_no_more(
    listening: Any, connect: Callable[..., Any], record: Callable[..., str], tell: Any
) -> None:
    run, other = record(), record()
    live = connect(listening)
    live.ask("join", {"run": run})
    live.ask("join", {"run": other})
    assert live.ask("leave", {"run": run})["ok"] is True

    tell(_change(run, 2, [0, 3, None, None, 0]))
    tell(_change(other, 2, [0, 3, None, None, 0]))
    assert live.hear("delta")["id"] == other


def test_a_run_that_has_become_part_of_another_is_told_to_who_watches(
    listening: Any, connect: Callable[..., Any], record: Callable[..., str], tell: Any
) -> None:
    run = record()
    reader, looker = connect(listening), connect(listening)
    reader.ask("join", {"run": run})
    looker.ask("join", {"run": None})
    tell(gone={run: "whole", "another": "whole"})
    assert reader.hear("gone") == {"runs": {run: "whole"}}
    assert looker.hear("gone") == {"runs": {run: "whole", "another": "whole"}}


def test_everybody_hears_a_beat_every_second(listening: Any, connect: Callable[..., Any], tell: Any) -> None:
    live = connect(listening)
    tell(lag=0.5)
    first, second = live.hear("beat"), live.hear("beat")
    assert 0.5 < second["at"] - first["at"] < 5
    assert second["conductor"] is not None
    assert second["lag"] == 0.5


def test_a_run_that_is_not_there_cannot_be_joined(listening: Any, connect: Callable[..., Any]) -> None:
    ack = connect(listening).ask("join", {"run": "nope"})
    assert ack["ok"] is False
    assert ack["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    "sent",
    [
        (),
        (None,),
        ("run",),
        ([],),
        ({"run": 1},),
        ({"run": ""},),
        ({"run": "x" * 300},),
        ({"run": "x", "since": -1},),
        ({"run": "x", "since": "1"},),
        ({"run": "x", "since": 1.5},),
        ({"run": "x", "since": True},),
        ({}, {}),
    ],
)
@pytest.mark.parametrize("event", ["join", "leave"])
def test_a_question_that_makes_no_sense_is_answered(app: Any, event: str, sent: tuple[Any, ...]) -> None:
    live = app.extensions["umbel"].live.socketio.test_client(app, headers=UPGRADE)
    ack = live.emit(event, *sent, callback=True)
    assert ack["ok"] is False
    assert ack["error"]["code"] == "bad_request"


def test_one_connection_watches_a_bounded_number_of_runs(app: Any, record: Callable[..., str]) -> None:
    live = app.extensions["umbel"].live.socketio.test_client(app, headers=UPGRADE)
    acks = [live.emit("join", {"run": record()}, callback=True)["ok"] for _ in range(25)]
    assert acks == [True] * 20 + [False] * 5


def test_the_handshake_is_refused_to_others(serve: Callable[..., Any], connect: Callable[..., Any]) -> None:
    server = serve()
    assert connect(server, Origin="http://evil.example").status == 403
    assert connect(server, Origin="null").status == 403
    assert connect(server, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert connect(server, Host="rebound.example").status == 421
    assert connect(server, Origin=f"http://127.0.0.1:{server.port}").status == 101


def test_a_message_that_is_too_large_ends_the_connection(
    serve: Callable[..., Any], connect: Callable[..., Any]
) -> None:
    server = serve()
    live = connect(server)
    with pytest.raises(OSError, match=r"closed|reset|pipe"):
        live.ask("join", {"run": "x" * 200_000})
    assert server.is_up()


def test_open_sockets_cannot_starve_the_pages(serve: Callable[..., Any], connect: Callable[..., Any]) -> None:
    server = serve("--threads", "8")
    statuses = [connect(server).status for _ in range(8)]
    assert statuses == [101] * 6 + [503] * 2
    assert server.ask("/health").status == 200
