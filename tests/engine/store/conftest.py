"""Keeping what messages change, as a conductor does."""

import itertools
from collections.abc import Callable

import pytest

from umbel.engine.machine import Message, Run, apply, reduce
from umbel.engine.store import Store
from umbel.engine.store.writes import Staged, save


@pytest.fixture
def keep(store: Store) -> Callable[..., Run]:
    """``keep(run, *messages)`` keeps what the messages change in one transaction."""

    numbers = itertools.count(1)

    def commit(run: Run, *messages: Message) -> Run:
        staged = Staged(run=run, known=len(run.nodes), is_new=run.seq == 0)
        for message in messages:
            changes = reduce(run, message)
            apply(run, changes)
            for idx, task_id in changes.sent:
                staged.sent.append((next(numbers), idx, task_id))
            changes.sent.clear()
            staged.add(changes)
        run.seq += 1
        run.structure += staged.structural
        with store.write() as connection:
            save(connection, [staged])
        return run

    return commit
