"""Who is there, by the word of the workers themselves."""

from umbel.engine.conductor.workers import Sign, Workers


def says(name, kind="heartbeat", at: object = 0.0, pid=1):
    return {"type": f"worker-{kind}", "hostname": name, "timestamp": at, "pid": pid}


def test_one_that_is_silent_is_gone_and_back_when_it_speaks_again():
    workers = Workers(silence=5)
    workers.note(says("w", at=100), 1)
    assert "w" in workers
    assert workers.signs(5, 0) == []
    assert workers.signs(6.5, 0) == [Sign("w", True, 100)]
    assert workers.signs(8, 0) == []
    workers.note(says("w", at=107), 8)
    assert workers.signs(8.5, 0) == [Sign("w", False, 107)]


def test_one_that_says_goodbye_is_gone_at_once():
    workers = Workers(silence=5)
    workers.note(says("w", at=100), 1)
    workers.note(says("w", "offline", at=101), 2)
    workers.note(says("w", "offline", at=101), 2)
    assert workers.signs(2, 0) == [Sign("w", True, 101)]


def test_another_process_of_the_same_name_means_that_the_first_is_gone():
    workers = Workers(silence=5)
    workers.note(says("w", at=100), 1)
    workers.note(says("w", "online", at=103, pid=2), 2)
    workers.note(says("w", at=99, pid=1), 3)
    assert workers.signs(3, 0) == [Sign("w", True, 103, restarted=True)]


def test_silence_counts_only_while_somebody_listens_and_looks():
    workers = Workers(silence=5)
    workers.note(says("w", at=100), 1)
    assert workers.signs(2, None) == []
    assert workers.signs(9, 8) == []
    assert workers.signs(60, 8) == []  # we were paused ourselves
    assert workers.signs(64, 8) == []
    assert workers.signs(66, 8) == [Sign("w", True, 100)]


def test_what_is_no_event_of_a_worker_is_passed_over():
    workers = Workers(silence=5)
    for event in ({}, says(None), says("w", at="now"), says("", at=1), says("w", at=float("nan"))):
        workers.note(event, 1)
    assert workers.signs(1, 0) == []
    assert "w" not in workers
