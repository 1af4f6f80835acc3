"""One conductor at a time, whatever happens to the others."""

import pytest
from sqlalchemy import select, update

from umbel.engine.conductor.lease import Lease, LeaseLost
from umbel.engine.store import open_store
from umbel.engine.store.models import Lease as Row


@pytest.fixture
def contender(store_url):
    opened = []

    def make(patience=60.0):
        opened.append(open_store(store_url))
        return Lease(opened[-1], patience=patience)

    yield make
    for store in opened:
        store.close()


def test_the_first_to_ask_gets_it_and_the_second_does_not(contender):
    first, second = contender(), contender()
    assert first.take()
    assert not second.take()
    assert (first.epoch, second.epoch) == (1, 0)


def test_one_given_up_is_free_at_once_with_the_next_epoch(contender):
    first, second = contender(), contender()
    assert first.take()
    first.release()
    assert second.take()
    assert second.epoch == 2


def test_a_silent_holder_is_replaced_and_can_commit_nothing_more(contender, eventually):
    first, second = contender(), contender(patience=0.3)
    first.take()
    eventually(second.take, 5, "the takeover")
    assert second.epoch == 2

    def commit():
        with first.store.write() as connection:
            connection.execute(update(Row).values(holder="nobody"))
            first.renew(connection)

    with pytest.raises(LeaseLost):
        commit()
    with second.store.read() as connection:
        assert connection.execute(select(Row.holder)).scalar() == second.holder


def test_a_holder_that_renews_is_left_alone(contender, eventually):
    first, second = contender(), contender(patience=0.2)
    first.take()
    looks = []

    def look():
        with first.store.write() as connection:
            first.renew(connection)
        looks.append(second.take())
        return len(looks) > 40

    eventually(look, 20, "forty looks")
    assert not any(looks)


def test_releasing_what_was_lost_does_not_hurt_the_successor(contender, eventually):
    first, second = contender(), contender(patience=0.1)
    first.take()
    eventually(second.take, 5, "the takeover")
    first.release()
    assert not contender().take()
    with second.store.write() as connection:
        second.renew(connection)
