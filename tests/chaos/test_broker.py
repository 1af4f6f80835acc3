"""The broker dies under load, alone and together with the conductor."""

from typing import Any

import pytest

pytestmark = pytest.mark.timeout(60)


def test_a_broker_that_dies_is_waited_for_and_nothing_that_was_seen_is_lost(
    killable_broker: Any, umbel: Any, load: Any, caught_up: Any, eventually: Any, sqlite_url: str
) -> None:
    conductor, web, records = umbel(sqlite_url)
    load.start()
    eventually(lambda: len(records.states()) > 50, 20, "runs")

    killable_broker.kill()
    before = records.states()
    eventually(lambda: conductor.says("The broker cannot be read (inbox)"), 10, "the conductor to say so")
    eventually(lambda: web.says("The broker cannot be listened to"), 10, "the web server to say so")
    eventually(lambda: (web.silence or 0) > 2, 10, "the pages to say so")
    assert web.ask("/api/v1/runs?limit=1")[0] == 200

    killable_broker.start()
    for reader in ("inbox", "events"):
        eventually(lambda name=reader: conductor.says(f"The broker is back ({name})."), 10, reader)
    eventually(lambda: (web.silence or 0) < 2, 10, "the pages")
    sent = len(load.sent)
    eventually(lambda: len(load.sent) > sent + 50, 10, "more runs")
    load.finish()
    caught_up(load, records, ended=False)
    after = records.states()
    assert before.keys() <= after.keys()
    assert all(after[run] == state for run, state in before.items() if state == "SUCCESS")
    # Events are lost while there is no broker, and only then.
    last = load.told[-50:]
    eventually(lambda: {records.states()[run] for run in last} == {"SUCCESS"}, 10, "the end of the last runs")
    assert conductor.stop() == 0


def test_broker_and_conductor_killed_at_once_begin_where_they_were(
    killable_broker: Any, umbel: Any, load: Any, caught_up: Any, eventually: Any, sqlite_url: str
) -> None:
    conductor, web, records = umbel(sqlite_url)
    load.start()
    eventually(lambda: len(records.states()) > 50, 20, "runs")

    conductor.kill()
    sent = len(load.sent)
    eventually(lambda: len(load.sent) > sent + 20, 10, "runs that nobody reads")
    killable_broker.kill()
    before = records.states()
    conductor.start()
    eventually(lambda: conductor.says("Conducting", times=2), 15, "the conductor without a broker")
    eventually(lambda: conductor.says("The broker cannot be read (events)"), 10, "the conductor to say so")

    killable_broker.start()
    for reader in ("inbox", "events"):
        eventually(lambda name=reader: conductor.says(f"The broker is back ({name})."), 10, reader)
    eventually(lambda: (web.silence or 0) < 2, 15, "the pages")
    sent = len(load.sent)
    eventually(lambda: len(load.sent) > sent + 50, 10, "more runs")
    load.finish()
    caught_up(load, records, ended=False)
    after = records.states()
    assert all(after[run] == state for run, state in before.items() if state == "SUCCESS")
    last = load.told[-50:]
    eventually(lambda: {records.states()[run] for run in last} == {"SUCCESS"}, 10, "the end of the last runs")
