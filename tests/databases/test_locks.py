"""A name is held by one at a time, among threads and processes, and is free when its holder dies."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.databases.place import Place
from tests.oracles import postgresql
from vault.errors import DatabaseUnavailable


def held_by_another(place: Place, name: str) -> bool:
    """Whether this thread has to wait for the name."""
    taken = threading.Event()

    def take() -> None:
        with place.locks().hold(name):
            taken.set()

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    return not taken.wait(0.5)


def test_threads_follow_each_other(place: Place) -> None:
    locks, inside, seen = place.locks(), list[int](), list[int]()

    def work(number: int) -> None:
        with locks.hold("a case"):
            inside.append(number)
            seen.append(len(inside))
            time.sleep(0.01)
            inside.remove(number)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(16)))
    assert seen == [1] * 16


def test_another_process_keeps_us_out_of_its_name_and_of_no_other(place: Place) -> None:
    process = place.process("tests.databases.holding", "sequencer")
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert held_by_another(place, "sequencer")
        assert not held_by_another(place, "another name")
    finally:
        process.kill()
        process.communicate()


def test_a_killed_holder_is_replaced_within_five_seconds(place: Place) -> None:
    process = place.process("tests.databases.holding", "sequencer")
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    killed = time.monotonic()
    process.kill()
    with place.locks().hold("sequencer"):
        assert time.monotonic() - killed < 5
    process.communicate()


def test_a_name_is_free_again_after_an_error_inside(place: Place) -> None:
    locks = place.locks()
    with pytest.raises(ZeroDivisionError), locks.hold("a case"):
        raise ZeroDivisionError
    assert not held_by_another(place, "a case")


def test_locks_leave_nothing_behind(place: Place) -> None:
    for number in range(20):
        with place.locks().hold(f"case {number}"):
            pass
    assert not place.lock.exists() or place.lock.stat().st_size == 0
    assert [path for path in place.lock.parent.iterdir() if "lock" in path.name] in ([], [place.lock])


def test_a_lock_whose_connection_broke_is_not_taken_for_held(
    server: postgresql.Server, postgresql_place: Place
) -> None:
    with postgresql_place.locks().hold("sequencer") as still_held:
        still_held()
        with server.connect("postgres") as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        with pytest.raises(DatabaseUnavailable):
            still_held()
