"""What is announced of each canvas, and when."""

import base64
import json
from collections.abc import Callable
from typing import Any

Script = Callable[..., str]
HEAD = "from sample_app import *\n"
GATHERS_FOR_LONG = "from umbel.engine.watching import outbox; outbox.DELAY = 5.0\n"


def test_a_lone_task_costs_no_message(script: Script, announced: Any) -> None:
    script(HEAD + "n.delay(1); n.apply_async(countdown=5); app.send_task('n')")

    assert announced.client.llen("celery") == 3
    assert announced.all() == []


def test_a_chain_is_one_message_with_all_its_steps(script: Script, announced: Any) -> None:
    script(HEAD + "(t('A') | t('B') | t('C')).apply_async()")

    (announcement,) = announced.all()
    (message,) = announcement["messages"]
    assert {"run", "at", "origin", "messages"} == set(announcement)
    assert message["body"][1] == {"tag": "A"}
    assert [step["kwargs"]["tag"] for step in message["body"][2]["chain"]] == ["C", "B"]
    assert set(message["body"][2]) == {"chain"}
    assert "argsrepr" not in message["headers"]
    assert "group" not in message["headers"]


def test_watching_twice_doubles_nothing(script: Script, announced: Any) -> None:
    script(HEAD + "from umbel.engine import watch; watch(app); watch(app); (t('A') | t('B')).apply_async()")

    assert len(announced.messages()) == 1


def test_what_is_sent_has_no_trace_of_being_watched(script: Script, announced: Any) -> None:
    script(HEAD + "(t('A') | t('B')).apply_async()")

    sent = json.loads(announced.client.lindex("celery", 0))
    assert "umbel" not in json.dumps(sent)
    assert set(sent["headers"]) >= {"id", "task", "root_id", "argsrepr"}


def test_a_body_travels_with_the_first_member_of_its_group_alone(script: Script, announced: Any) -> None:
    script(HEAD + "chord([t('A'), t('B'), t('C')], t('D')).apply_async()")

    assert announced.tags() == [["A", "B", "C"]]
    bodies = [message["body"][2]["chord"] for message in announced.messages()]
    assert bodies[0]["kwargs"] == {"tag": "D"}
    assert bodies[1:] == [True, True]


def test_a_body_travels_once_when_the_members_are_chains(script: Script, announced: Any) -> None:
    script(HEAD + "chord([t('A') | t('a'), t('B'), t('C') | t('c')], t('D')).apply_async()")

    assert announced.tags() == [["A", "B", "C"]]
    first, second, third = (message["body"][2] for message in announced.messages())
    assert first["chain"][0]["options"]["chord"]["kwargs"] == {"tag": "D"}
    assert second == {"chord": True}
    assert third["chain"][0]["options"]["chord"] is True
    sent = [json.loads(raw) for raw in announced.client.lrange("celery", 0, -1)]
    assert all('"D"' in base64.b64decode(message["body"]).decode() for message in sent)


def test_members_of_a_group_leave_together_and_share_a_token(script: Script, announced: Any) -> None:
    script(HEAD + "group(t(str(i)) for i in range(1200)).apply_async()")

    assert [len(tags) for tags in announced.tags()] == [1200]
    assert max(len(announcement["messages"]) for announcement in announced.all()) <= 500
    assert [m["headers"]["group_index"] for m in announced.messages()] == list(range(1200))


def test_nested_canvases_share_the_token_of_the_outermost_group(script: Script, announced: Any) -> None:
    script(
        HEAD
        + """
chord([chord([t('A'), t('B')], t('C')), t('D') | t('E'), t('F')], t('G') | t('H')).apply_async()
group(chain(chord([t('a'), t('b')], t('c')), t('d')), t('e'), t('f') | group(t('g'), t('h'))).apply_async()
chain(group(t('1'), t('2')), group(t('3'), t('4')), t('5')).apply_async()
group(chord([t('i'), t('j')], group(t('k'), t('l') | t('m'))), t('n')).apply_async()
chord([chord([t('I'), t('J')], group(t('K'), t('L'))), t('N')], t('O')).apply_async()
"""
    )

    assert announced.tags() == [
        ["A", "B", "D", "F"], ["a", "b", "e", "f"], ["1", "2"], ["i", "j", "n"], ["I", "J", "N"],
    ]  # fmt: skip


def test_another_application_of_a_canvas_has_another_token(script: Script, announced: Any) -> None:
    script(
        HEAD
        + """
c = t('A') | t('B')
c.apply_async(); c.apply_async()
g = chord([t('a'), t('b')], t('c'))
g.freeze()
g.apply_async(); g.apply_async()
h = group(t('1'), t('2'))
h.apply_async(); h.apply_async()
"""
    )

    assert announced.tags() == [["A"], ["A"], ["a", "b"], ["a", "b"], ["1", "2"], ["1", "2"]]
    runs = list(announced.runs().values())
    assert [m["headers"]["id"] for m in runs[2]] == [m["headers"]["id"] for m in runs[3]]
    assert runs[3][0]["body"][2]["chord"]["kwargs"] == {"tag": "c"}


def test_structure_is_announced_before_it_is_published(script: Script, announced: Any) -> None:
    said = script(
        HEAD
        + GATHERS_FOR_LONG
        + """
from celery.signals import before_task_publish, after_task_publish
def queue():
    with app.connection_for_write() as connection:
        return connection.default_channel.client.llen('umbel')
before_task_publish.connect(lambda **_: print('before', queue()), weak=False)
(t('A') | t('B')).apply_async()
chord([t('A'), t('B')], t('C')).apply_async()
t('A').apply_async(link=t('L'))
""",
        PYTHONWARNINGS="ignore",
    )

    # The handler of this script is called after the watcher's. The second member of the chord is gathered.
    assert said.split() == ["before", "1", "before", "2", "before", "2", "before", "4"]


def test_a_canvas_that_begins_sends_what_was_gathered(script: Script, announced: Any) -> None:
    script(
        HEAD + GATHERS_FOR_LONG + "group(t('A'), t('B')).apply_async(); group(t('C'), t('D')).apply_async()"
    )

    assert announced.tags() == [["A", "B"], ["C", "D"]]
    assert len(announced.all()) == 2


def test_arguments_that_kombu_can_carry_arrive_and_others_as_text(script: Script, announced: Any) -> None:
    script(
        HEAD
        + """
import datetime, decimal, uuid
day = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
(n.s(day, uuid.UUID(int=7), decimal.Decimal('1.5'), b'x') | t('B')).apply_async()
app.conf.update(task_serializer='pickle', accept_content=['pickle'])
class Odd:
    def __repr__(self): return '<Odd>'
odd = n.s(Odd(), {(1, 2): 3}, {'in': [Odd()]}, 1.5, tag='odd') | n.s(Odd(), tag='B')
odd.apply_async(serializer='pickle')
deep = []; deep.append(deep)
(n.s(deep) | t('B')).apply_async(serializer='pickle')
"""
    )

    first, second, _ = announced.messages()
    assert first["body"][0][1:3] == [
        {"__type__": "uuid", "__value__": {"hex": f"{7:032x}"}},
        {"__type__": "decimal", "__value__": "1.5"},
    ]
    odd = {"__repr__": "<Odd>"}
    assert second["body"][0] == [odd, {"__repr__": "{(1, 2): 3}"}, {"in": [odd]}, 1.5]
    assert second["body"][2]["chain"][0]["args"] == [odd]


def test_a_message_of_the_first_protocol_is_left_alone(script: Script, announced: Any) -> None:
    script(HEAD + "app.conf.task_protocol = 1; (t('A') | t('B')).apply_async()")

    assert announced.client.llen("celery") == 1
    assert announced.all() == []


def test_the_objects_of_the_user_stay_as_they_are(script: Script, announced: Any) -> None:
    script(
        HEAD
        + """
import copy, json
link, error, deep = t('L'), t('E'), group(t('G1'), t('G2') | t('G3'))
body = t('D').set(link=[deep], link_error=[error])
plain = t('A').set(link=[link])
canvas = chord([plain, t('B') | t('C')], body)
before = json.dumps([link, error, deep, body, plain, canvas], default=dict)
canvas.apply_async()
assert json.dumps([link, error, deep, body, plain, canvas], default=dict) == before
frozen = chord([plain.clone(), t('B') | t('C')], body.clone()); frozen.freeze()
before = json.dumps(frozen, default=dict)
frozen.apply_async()
assert json.dumps(frozen, default=dict) == before
"""
    )

    assert all(None not in ids for ids in announced.ids().values())
