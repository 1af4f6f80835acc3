"""A process of this machine that is gone is known to be gone, and no other is."""

import ast
import os
import subprocess
import sys

import pytest

from umbel.engine.conductor.lease import Lease
from umbel.engine.conductor.process import Process, this_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


@pytest.fixture
def child():
    """A process that is killed at the end, and what is known of it."""
    code = "from umbel.engine.conductor.process import this_process; print(list(this_process())); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process, Process(*ast.literal_eval(process.stdout.readline()))
        process.kill()


def test_this_process_is_there(child):
    assert this_process().pid == os.getpid()
    assert not this_process().is_gone
    assert not child[1].is_gone


def test_one_that_was_killed_is_gone_though_nobody_has_buried_it_yet(child, eventually):
    process, known = child
    process.kill()
    eventually(lambda: known.is_gone, 5, "its end")
    process.wait()
    assert known.is_gone


def test_another_that_has_its_number_is_not_it(child):
    assert child[1]._replace(started=1.0).is_gone


@pytest.mark.parametrize("change", [{"host": "elsewhere"}, {"host": None}, {"started": None}])
def test_nothing_is_known_of_processes_of_other_machines(child, change):
    assert not child[1]._replace(pid=2**22 + 1, **change).is_gone


def test_the_lease_of_a_process_that_is_gone_is_free_at_once(store, child):
    process, known = child
    first, second = Lease(store, patience=60), Lease(store, patience=60)
    first.process = known
    assert first.take()
    assert not second.take()
    process.kill()
    process.wait()
    assert second.take()
    assert second.epoch == 2
