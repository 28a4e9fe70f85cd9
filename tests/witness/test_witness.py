"""Our witness decides as c2sp.org/tlog-witness v1.0.0 says, and remembers before it answers."""

import hashlib
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.tlog import checkpoint
from evidence.tlog.note import Note, parse_signatures
from tests.oracles.require import folder
from tests.paths import SHARED
from tests.witness import serving
from tests.witness.logs import Log
from tests.witness.serving import WitnessProcess
from vault.witness import keys
from vault.witness.cosigning import Witness
from vault.witness.state import State

NOW = 1_790_000_000


def new_witness(where: Path, name: str = "example.com/witness") -> tuple[Witness, State]:
    keys.create(where, name)
    state = State(where)
    return Witness(state, keys.load(where), lambda: NOW), state


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    where = tmp_path_factory.mktemp("served") / "w"
    with serving.ours(where) as witness:
        yield witness


def known_log(served: WitnessProcess, number: int) -> Log:
    """A log of its own for each test, which the witness knows."""
    log = Log(origin=f"log.example/{number}")
    serving.add_log(Path(served.command[4]), log)
    return log


@pytest.mark.parametrize("name", ["litewitness-sigsum.json", "litewitness-sumdb.json"])
def test_the_transcript_of_another_witness_goes_the_same_way(name: str, served: WitnessProcess) -> None:
    transcript = json.loads((folder(SHARED / "vectors" / "tlog-witness") / name).read_text())
    serving.add_log(Path(served.command[4]), vkey=transcript["log_vkey"], origin=transcript.get("log_origin", ""))
    for exchange in transcript["exchanges"]:
        answer = served.submit(exchange["request_body"].encode())
        unknown = exchange.get("response_body_contains") == "unknown log"
        assert answer.status_code == (404 if unknown else exchange["status"])  # that witness is older than v1.0.0
        if "response_body" in exchange:
            assert answer.text == exchange["response_body"]
            assert answer.headers["content-type"].startswith("text/x.tlog.size")
        elif exchange["status"] == 200:
            assert exchange["response_body_contains"] in answer.text


def test_both_kinds_of_cosignature_verify_and_the_newest_checkpoint_can_be_fetched(served: WitnessProcess) -> None:
    log = known_log(served, 1)
    answer = served.submit(log.body(0, 5))
    cosigned = log.note(5).with_signatures(parse_signatures(answer.content)).encode()
    verified = checkpoint.verify(cosigned, [log.signer.key, *served.keys], log.origin)
    assert [int(each.key.type) for each in verified.cosignatures] == [4, 6]
    assert all(abs((each.timestamp or 0) - time.time()) < 60 for each in verified.cosignatures)
    newest = httpx.get(f"{served.address}/{hashlib.sha256(log.origin.encode()).hexdigest()}/checkpoint")
    assert newest.content == cosigned
    assert httpx.get(f"{served.address}/{'0' * 64}/checkpoint").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"old 0\n\nno note\n", 400),
        (b"old 00\n\n" + Log().note(3).encode(), 400),
        (Log().body(0, 3).replace(b"old 0", b"old 4"), 400),
        (Log(origin="log.example/unknown").body(0, 3), 404),
        (Log(seed=b"\1" * 32).body(0, 3), 403),
        (Log().body(0, 3, [bytes(32)]), 422),
        (Log().body(1, 3), 409),
        (b"old 0\n" + b"A" * 100_000, 400),
    ],
)
def test_what_does_not_fit_is_refused(served: WitnessProcess, body: bytes, status: int) -> None:
    serving.add_log(Path(served.command[4]))
    answer = served.submit(body)
    assert answer.status_code == status
    assert answer.text


def test_a_fork_is_refused_and_the_true_log_goes_on(served: WitnessProcess) -> None:
    log = known_log(served, 2)
    fork = replace(log, flavour="x", fork_at=3)
    assert served.submit(log.body(0, 5)).status_code == 200
    assert served.submit(fork.body(5, 5)).status_code == 422
    assert served.submit(fork.body(5, 9)).status_code == 422
    assert served.submit(log.body(5, 9)).status_code == 200
    assert served.submit(log.body(9, 9)).status_code == 200
    assert served.submit(log.body(0, 5)).text == "9\n"


@settings(max_examples=60)
@given(moves=st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(0, 12)), max_size=12))
def test_whatever_is_sent_only_one_history_is_ever_cosigned(
    moves: list[tuple[bool, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    log, fork = Log(), Log(flavour="x", fork_at=4)
    witness, state = new_witness(tmp_path_factory.mktemp("w") / "w")
    state.add(log.origin, log.signer.key)
    cosigned: list[Note] = []
    for honest, old, size in moves:
        source = log if honest else fork
        proof = source.prove(old, size) if old <= size else []
        if witness.decide(source.body(old, size, proof)).status == 200:
            cosigned.append(source.note(size))
    honest_notes = {log.note(size).text for size in range(13)}
    forked = {fork.note(size).text for size in range(13)}
    texts = {note.text for note in cosigned}
    assert texts <= honest_notes or texts <= forked
    sizes = [checkpoint.Checkpoint.parse(note.text).size for note in cosigned]
    assert sizes == sorted(sizes)


def _die_before_answering(where: Path, body: bytes) -> None:
    state = State(where)

    def clock() -> int:
        return NOW

    witness = Witness(state, keys.load(where), clock)
    witness.decide(body)
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_was_cosigned_is_remembered_though_the_answer_never_left(tmp_path: Path) -> None:
    log = Log()
    witness, state = new_witness(tmp_path / "w")
    state.add(log.origin, log.signer.key)
    process = multiprocessing.get_context("spawn").Process(
        target=_die_before_answering, args=(tmp_path / "w", log.body(0, 7))
    )
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert state.seen(log.origin).size == 7
    assert witness.decide(Log(flavour="x").body(0, 8)).status == 409
