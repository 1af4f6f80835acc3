"""Who is there, by the word of the workers themselves."""

from umbel.engine.conductor.workers import TELLS, Sign, Workers


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


def test_who_comes_to_the_broker_again_has_forgotten_what_it_had_before():
    workers = Workers(silence=5)
    assert workers.standing("w", 100) == workers.standing(None, 100) == "unknown"
    workers.note(says("w", at=100), 1)
    assert (workers.standing("w", 99), workers.present()) == ("there", {"w"})
    workers.note(says("w", "online", at=110), 2)
    assert (workers.standing("w", 109), workers.standing("w", 111)) == ("anew", "there")
    workers.note(says("w", at=120, pid=2), 3)
    assert (workers.standing("w", 119), workers.standing("w", 121)) == ("anew", "there")
    workers.note(says("w", "offline", at=130, pid=2), 4)
    assert (workers.standing("w", 121), workers.present()) == ("gone", set())


def test_a_gap_in_what_a_worker_says_may_have_held_anything():
    workers = Workers(silence=60)
    workers.note(says("w", at=100), 1)
    workers.note(says("w", at=108), 9)
    assert workers.is_steady("w", 101)
    assert not workers.is_steady("w", 99)
    workers.note(says("w", at=120), 21)
    assert not workers.is_steady("w", 101)
    assert workers.is_steady("w", 121)
    workers.signs(22, 1)
    workers.signs(23, 22.5)  # the ear was deaf for a moment
    assert not workers.is_steady("w", 121)
    workers.note(says("w", at=124), 25)
    assert workers.is_steady("w", 125)


def test_nothing_is_missed_before_the_first_word_of_a_worker_while_somebody_listened():
    workers = Workers(silence=60)
    workers.listen(1)
    workers.note(says("w", at=100), 6)
    assert workers.is_steady("w", 95)
    assert not workers.is_steady("w", 94)
    workers.listen(None)
    assert not workers.is_steady("w", 100)


def test_every_worker_tells_of_what_it_takes_only_if_each_said_so():
    workers = Workers(silence=60)
    assert not workers.all_tell()
    workers.note(says("a", at=100), 1)
    workers.note(says("b", at=100), 1)
    workers.note({"type": TELLS, "hostname": "a", "timestamp": 101}, 2)
    assert not workers.all_tell()
    workers.note({"type": TELLS, "hostname": "b", "timestamp": 104}, 5)
    assert workers.all_tell()
    workers.note(says("b", at=110, pid=2), 11)  # another process of that name
    assert not workers.all_tell()


def test_one_that_was_not_heard_of_since_somebody_listens_is_gone_after_a_while():
    workers = Workers(silence=5)
    workers.signs(10, 9)
    assert workers.standing("w", 1) == "unknown"
    workers.signs(15, 9)
    assert workers.standing("w", 1) == "gone"
    assert workers.standing(None, 1) == "unknown"
    workers.signs(16, None)
    assert workers.standing("w", 1) == "unknown"


def test_what_a_worker_told_shortly_before_its_first_word_was_heard_if_somebody_listened():
    workers = Workers()
    workers.signs(10, 9)
    workers.note(says("w", at=100), 12)
    assert workers.is_steady("w", 97.5)
    assert not workers.is_steady("w", 96.5)  # nobody listened yet

    workers.note(says("new", kind="online", at=100), 12)
    assert not workers.is_steady("new", 99)
