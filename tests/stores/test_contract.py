"""What `vault.store.protocol` promises, held against every store."""

import itertools
import threading
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vault.errors import AlreadyExists, Conflict, InvalidKey, NotFound, TooLarge
from vault.store.protocol import MIB, Store

BAD_KEYS = [
    "", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a/../b", "a b", "a\\b", "a\0b", "a\n", "á", "a+b",
    ".partial-1", "a/.partial-1", "a" * 256, "/".join(["a" * 100] * 6),
]  # fmt: skip
GOOD_KEYS = ["a", ".a", "a.", "...", "a/b/c", "x/-_.", "log/tile/0/x001/067.p/8", "a" * 255, "/".join(["ab"] * 170)]


def in_threads(*calls: Callable[[], object]) -> list[object]:
    """Run all at the same moment; their results or errors in order."""
    barrier = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = calls[number]()
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 300], ids=["empty", "byte", "75-kB"])
def test_what_is_put_is_read(store: Store, data: bytes) -> None:
    store.put("a/b", data)
    assert store.read("a/b") == data
    assert store.size("a/b") == len(data)
    assert store.exists("a/b")
    with store.open("a/b") as reader:
        assert reader.size == len(data)
        assert b"".join(reader.chunks()) == data


def test_put_replaces(store: Store) -> None:
    store.put("a", b"old and longer")
    store.put("a", b"new", media_type="text/plain")
    assert store.read("a") == b"new"


@pytest.mark.parametrize("key", ["absent", "a/b/absent", "a/b"])
def test_absent_objects_are_not_found(store: Store, key: str) -> None:
    store.put("a/b/c", b"")
    assert not store.exists(key)
    for ask in (store.read, store.open, store.size):
        with pytest.raises(NotFound):
            ask(key)


def test_an_object_is_no_folder(store: Store) -> None:
    store.put("a", b"")
    with pytest.raises(NotFound):
        store.read("a/b")


def test_reading_is_capped(store: Store) -> None:
    store.put("a", b"12345")
    assert store.read("a", max_bytes=5) == b"12345"
    with pytest.raises(TooLarge):
        store.read("a", max_bytes=4)
    assert store.read("a", max_bytes=5) == b"12345"


@pytest.mark.parametrize("key", BAD_KEYS)
def test_other_spellings_of_keys_are_refused_everywhere(store: Store, key: str) -> None:
    asks: list[Callable[[str], object]] = [store.read, store.open, store.size, store.exists, store.delete, store.write]
    for ask in asks:
        with pytest.raises(InvalidKey):
            ask(key)
    with pytest.raises(InvalidKey):
        store.put(key, b"")
    with pytest.raises(InvalidKey):
        store.create(key, b"")
    assert list(store.list()) == []


@pytest.mark.parametrize("key", GOOD_KEYS)
def test_every_allowed_spelling_of_a_key_works(store: Store, key: str) -> None:
    store.create(key, key.encode())
    assert store.read(key) == key.encode()
    assert list(store.list()) == [key]
    store.delete(key)
    assert list(store.list()) == []


@given(key=st.text(max_size=20) | st.text("./-a", max_size=8))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_key_is_refused_or_is_listed_as_it_was_spelt(store: Store, key: str) -> None:
    try:
        store.put(key, b"")
    except InvalidKey:
        return
    assert list(store.list()) == [key]
    store.delete(key)


def test_free_space_is_told_or_is_not_known(store: Store) -> None:
    free = store.free()
    assert free is None or free > 0


def test_when_something_was_stored_is_told_to_the_hour(store: Store) -> None:
    before = datetime.now(UTC)
    store.put("a", b"1")
    store.put("a.b", b"1")
    assert before - timedelta(hours=1, minutes=1) < store.stored_at("a") < datetime.now(UTC) + timedelta(minutes=1)
    with pytest.raises(NotFound):
        store.stored_at("a.")


def test_delete_is_idempotent(store: Store) -> None:
    store.put("a/b", b"")
    store.put("a/bc", b"")
    store.delete("a/b")
    store.delete("a/b")
    store.delete("never/was")
    assert list(store.list()) == ["a/bc"]


def test_listing_is_sorted_by_whole_keys_and_cut_by_prefix(store: Store) -> None:
    keys = ["a-b", "a.b", "a/b", "a/b-c/d", "a/b.c", "a/bb/c", "a0", "b/a", "B", "log/x001/000", "log/x001/001"]
    for key in keys:
        store.put(key, b"")
    assert list(store.list()) == sorted(keys)
    for prefix in ["a", "a/", "a/b", "a/b-", "log/x001/", "log/x001/00", "c", "a/b/"]:
        assert list(store.list(prefix)) == sorted(key for key in keys if key.startswith(prefix)), prefix


@pytest.mark.parametrize("prefix", ["/", "a//", "../", "a/./", " ", ".partial-", "á", "a" * 600])
def test_prefixes_of_no_key_are_refused(store: Store, prefix: str) -> None:
    with pytest.raises(InvalidKey):
        list(store.list(prefix))


RANGES = [(0, 0), (0, 1), (0, 10), (3, 4), (9, 1), (9, 5), (10, 1), (11, 1), (10**12, 1), (0, 10**12)]


@pytest.mark.parametrize(("offset", "length"), RANGES)
def test_ranges_are_cut_at_the_end(store: Store, offset: int, length: int) -> None:
    store.put("a", b"0123456789")
    with store.open("a") as reader:
        assert reader.read(offset, length) == b"0123456789"[offset : offset + length]
        assert b"".join(reader.chunks(offset, length, 3)) == b"0123456789"[offset : offset + length]


def test_chunks_have_their_size_but_for_the_last(store: Store) -> None:
    store.put("a", bytes(2500))
    with store.open("a") as reader:
        assert [len(piece) for piece in reader.chunks(chunk=1000)] == [1000, 1000, 500]
        assert [len(piece) for piece in reader.chunks(100, 2000, 1000)] == [1000, 1000]
        assert list(reader.chunks(2500)) == []


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1)])
def test_negative_ranges_are_a_bug_of_the_caller(store: Store, offset: int, length: int) -> None:
    store.put("a", b"abc")
    with store.open("a") as reader, pytest.raises(ValueError, match="counted from 0"):
        reader.read(offset, length)


def test_a_reader_who_stops_half_way_leaves_the_store_usable(store: Store) -> None:
    store.put("a", bytes(5 * MIB))
    for _ in range(20):
        with store.open("a") as reader:
            assert len(next(reader.chunks(chunk=1000))) == 1000
    assert store.size("a") == 5 * MIB


@pytest.mark.parametrize("after", ["replaced", "deleted"])
def test_two_versions_are_never_mixed(store: Store, after: str) -> None:
    store.put("a", b"1" * 3000)
    with store.open("a") as reader:
        assert reader.read(0, 10) == b"1" * 10
        if after == "replaced":
            store.put("a", b"2" * 3000)
        else:
            store.delete("a")
        with suppress(Conflict):
            assert reader.read(10, 10) == b"1" * 10
        with suppress(Conflict):
            assert b"".join(reader.chunks()) == b"1" * 3000


def test_create_stores_once_and_repeats_silently(store: Store) -> None:
    store.create("a/b", b"one")
    store.create("a/b", b"one")
    for other in (b"", b"two", b"one and more"):
        with pytest.raises(AlreadyExists):
            store.create("a/b", other)
    assert store.read("a/b") == b"one"
    assert list(store.list()) == ["a/b"]


def test_of_two_creators_exactly_one_wins(store: Store) -> None:
    for number in range(10):
        key = f"race/{number}"
        bodies = [bytes([letter]) * 1000 for letter in range(4)]
        results = in_threads(*(lambda key=key, body=body: store.create(key, body) for body in bodies))
        winners = [body for body, result in zip(bodies, results, strict=True) if result is None]
        assert [type(result) for result in results if result is not None] == [AlreadyExists] * 3
        assert [store.read(key)] == winners


def test_creators_of_the_same_bytes_all_succeed(store: Store) -> None:
    for number in range(5):
        key = f"same/{number}"
        assert in_threads(*[lambda key=key: store.create(key, b"same")] * 4) == [None] * 4


@pytest.mark.parametrize("size", [0, 1, 8 * MIB, 8 * MIB + 1, 20 * MIB], ids=str)
def test_a_writer_makes_the_object_appear_at_commit(store: Store, size: int) -> None:
    data = (bytes(range(251)) * (size // 251 + 1))[:size]
    store.put("big", b"old")
    with store.write("big") as writer:
        for start in range(0, size, 3 * MIB):
            writer.write(data[start : start + 3 * MIB])
        assert store.read("big") == b"old"
        writer.commit()
        assert store.read("big") == data
    assert list(store.list()) == ["big"]
    assert store.sweep() == 0


def test_one_huge_write_is_like_many(store: Store) -> None:
    data = bytes(range(256)) * (17 * MIB // 256)
    with store.write("a") as writer:
        writer.write(data)
        writer.commit()
    assert store.read("a") == data


@pytest.mark.parametrize("size", [0, 10, 9 * MIB], ids=str)
def test_an_abandoned_writer_leaves_nothing(store: Store, size: int) -> None:
    with store.write("a/b") as writer:
        writer.write(bytes(size))
        writer.write(b"more")
    assert not store.exists("a/b")
    assert list(store.list()) == []
    with pytest.raises(RuntimeError):
        writer.write(b"")
    with pytest.raises(RuntimeError):
        writer.commit()


def test_an_exception_abandons_the_writer_and_keeps_the_old_object(store: Store) -> None:
    store.put("a", b"old")
    with suppress(KeyboardInterrupt), store.write("a") as writer:
        writer.write(b"new")
        raise KeyboardInterrupt
    assert store.read("a") == b"old"


def test_a_writer_commits_once(store: Store) -> None:
    with store.write("a") as writer:
        writer.commit()
        with pytest.raises(RuntimeError):
            writer.commit()
    assert store.read("a") == b""


def test_readers_during_a_replacement_see_the_old_or_the_new_object(store: Store) -> None:
    bodies = [bytes([letter]) * 200_000 for letter in range(4)]
    store.put("a", bodies[0])
    stop = threading.Event()

    def replace() -> None:
        for body in itertools.islice(itertools.cycle(bodies), 40):
            store.put("a", body)
        stop.set()

    def read() -> set[bytes]:
        seen = set()
        while not stop.is_set():
            seen.add(store.read("a"))
        return seen

    _, *seen = in_threads(replace, read, read)
    for bodies_seen in seen:
        assert isinstance(bodies_seen, set), bodies_seen
        assert bodies_seen <= set(bodies)


@pytest.mark.slow
def test_a_big_object_streams_in_bounded_memory(store: Store) -> None:
    block = bytes(range(256)) * (MIB // 256)
    tracemalloc.start()
    try:
        with store.write("big") as writer:
            for _ in range(40):
                writer.write(block)
            writer.commit()
        with store.open("big") as reader:
            assert reader.size == 40 * MIB
            assert all(piece == block for piece in reader.chunks())
        assert tracemalloc.get_traced_memory()[1] < 30 * MIB
    finally:
        tracemalloc.stop()


def test_concurrent_puts_and_deletes_in_one_folder_all_succeed(store: Store) -> None:
    def churn(number: int) -> None:
        for round_ in range(15):
            store.put(f"folder/deep/{number}", bytes([round_]))
            store.delete(f"folder/deep/{number}")

    assert in_threads(*(lambda number=number: churn(number) for number in range(4))) == [None] * 4
    assert list(store.list()) == []
