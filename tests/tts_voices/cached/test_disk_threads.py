import threading
import time

import pytest

from tts_voices.cached.disk_threads import DiskThreads


@pytest.fixture
def threads():
    made = DiskThreads("of a test", threads=2, waiting=3)
    yield made
    made.close(10)


def test_work_is_done_in_other_threads(threads):
    done = threading.Event()
    names = []
    assert threads.offer(lambda: names.append(threading.current_thread().name) or done.set())
    assert done.wait(10)
    assert names == ["of a test"]


def test_what_fails_is_told_without_its_text_and_the_thread_goes_on(threads, caplog):
    done = threading.Event()

    def fail():
        raise ValueError("secret")

    for _ in range(3):
        threads.offer(fail)
    while not threads.offer(done.set):
        time.sleep(0.001)
    assert done.wait(10)
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_what_is_too_much_is_refused_at_once(threads):
    released = threading.Event()
    both = threading.Barrier(3)

    def hang():
        both.wait(10)
        released.wait(60)

    try:
        assert threads.offer(hang)
        assert threads.offer(hang)
        both.wait(10)
        assert [threads.offer(released.wait) for _ in range(5)] == [True] * 3 + [False] * 2
    finally:
        released.set()


def test_closing_lets_what_waits_be_done(threads):
    done = []
    for number in range(3):
        threads.offer(lambda number=number: done.append(number))
    threads.close(10)
    assert sorted(done) == [0, 1, 2]
    assert not threads.offer(done.clear)
    assert not any(thread.name == "of a test" for thread in threading.enumerate())


def test_closing_does_not_wait_for_what_hangs():
    threads = DiskThreads("hanging", threads=1, waiting=1)
    released, begun = threading.Event(), threading.Event()
    threads.offer(lambda: begun.set() or released.wait(60))
    assert begun.wait(10)
    threads.close(0.01)
    released.set()


def test_closing_what_never_worked_is_nothing():
    DiskThreads("idle", threads=1, waiting=1).close(10)
