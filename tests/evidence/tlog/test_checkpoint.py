"""Checkpoints: one spelling, one log, and the log itself must have signed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import CheckpointError, EvidenceError, SignatureError
from evidence.tlog import checkpoint, note
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.merkle import EMPTY_ROOT
from evidence.tlog.note import Note, VerifierKey
from tests.evidence.tlog.keyring import LOG, ORIGIN, OTHER_WITNESS, STRANGER, WITNESS
from tests.oracles import require
from tests.paths import VECTORS

ROOT = bytes(range(32))
TREE = Checkpoint(ORIGIN, 7, ROOT)
_LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(_LINES, st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(_LINES, max_size=2).map(tuple))
def test_any_checkpoint_round_trips(origin: str, size: int, root: bytes, extensions: tuple[str, ...]) -> None:
    tree = Checkpoint(origin, size, root, extensions)
    assert Checkpoint.parse(tree.encode()) == tree


@given(st.text(max_size=60))
def test_whatever_is_read_is_written_back(text: str) -> None:
    try:
        tree = Checkpoint.parse(text)
    except CheckpointError:
        return
    assert tree.encode() == text


def test_published_checkpoints_are_read() -> None:
    examples = json.loads((require.folder(VECTORS / "notes") / "checkpoint-examples.json").read_text())
    for name in ("checkpoint", "checkpoint_with_ed25519_cosignature"):
        tree = Checkpoint.parse(Note.parse(examples[name].encode()).text)
        assert (tree.origin, tree.size) == ("example.com/behind-the-sofa", 20852163)


def test_a_real_checkpoint_of_a_public_log_verifies() -> None:
    vector = json.loads((require.folder(VECTORS / "tlog-witness") / "litewitness-sumdb.json").read_text())
    signed = vector["exchanges"][0]["request_body"].partition("\n\n")[2].encode()
    verified = checkpoint.verify(signed, [VerifierKey.parse(vector["log_vkey"])], vector["log_origin"])
    assert verified.checkpoint.size == 35225469


ENCODED = TREE.encode().split("\n")[2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"o\n1\n{ENCODED}",
        f"o\n1\n{ENCODED}\n\n",
        f"o\n1\n{ENCODED}\n\nx\n",
        f"\n1\n{ENCODED}\n",
        f"o\n\n{ENCODED}\n",
        "o\n1\n\n",
        "o\n1\n",
        f"o\n+1\n{ENCODED}\n",
        f"o\n-1\n{ENCODED}\n",
        f"o\n01\n{ENCODED}\n",
        f"o\n00\n{ENCODED}\n",
        f"o\n1_000\n{ENCODED}\n",
        f"o\n 1\n{ENCODED}\n",
        f"o\n1 \n{ENCODED}\n",
        f"o\n1.0\n{ENCODED}\n",
        f"o\n0x1\n{ENCODED}\n",
        f"o\n\u0661\n{ENCODED}\n",
        f"o\n{2**63}\n{ENCODED}\n",
        f"o\n{'9' * 5000}\n{ENCODED}\n",
        f"o\n1\n {ENCODED}\n",
        f"o\n1\n{ENCODED} \n",
        f"o\n1\n{ENCODED[:-1]}\n",
        f"o\n1\n{ENCODED[:-2]}9=\n",
        f"o\n1\n{ENCODED[4:]}\n",
        f"o\n1\nAAAA{ENCODED}\n",
        f"o\n0\n{ENCODED}\n",
        f"o\r\n1\r\n{ENCODED}\r\n",
    ],
)
def test_misspelt_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(CheckpointError):
        Checkpoint.parse(text)


def test_an_empty_log_has_the_empty_root() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert empty.encode() == f"{ORIGIN}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    assert Checkpoint.parse(empty.encode()) == empty


@pytest.mark.parametrize(
    ("origin", "size", "root"), [("a\nb", 1, ROOT), ("a", -1, ROOT), ("a", 1, ROOT[1:]), ("\ud800", 1, ROOT)]
)
def test_what_no_checkpoint_can_hold_is_refused(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(CheckpointError):
        Checkpoint(origin, size, root)


def test_cosignatures_of_known_witnesses_are_reported() -> None:
    text = TREE.encode()
    lines = [WITNESS.cosign(text, 11), OTHER_WITNESS.cosign(text, 12), *STRANGER.sign(text).signatures]
    signed = LOG.sign(text).with_signatures(lines).encode()
    verified = checkpoint.verify(signed, [LOG.key, WITNESS.key], ORIGIN)
    assert verified.checkpoint == TREE
    assert [(each.key, each.timestamp) for each in verified.cosignatures] == [(WITNESS.key, 11)]


def test_witnesses_alone_do_not_make_a_checkpoint() -> None:
    text = TREE.encode()
    signed = Note(text, (WITNESS.cosign(text, 11), OTHER_WITNESS.cosign(text, 12))).encode()
    note.verify(signed, [LOG.key, WITNESS.key, OTHER_WITNESS.key])
    with pytest.raises(SignatureError):
        checkpoint.verify(signed, [LOG.key, WITNESS.key, OTHER_WITNESS.key], ORIGIN)


def test_a_checkpoint_of_another_log_is_refused() -> None:
    other = LOG.sign(Checkpoint("log.example/other", 7, ROOT).encode()).encode()
    with pytest.raises(CheckpointError):
        checkpoint.verify(other, [LOG.key], ORIGIN)


def test_a_signed_note_that_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(CheckpointError):
        checkpoint.verify(LOG.sign("hello\n").encode(), [LOG.key], ORIGIN)


@given(st.data())
def test_any_changed_bit_is_refused(data: st.DataObject) -> None:
    text = TREE.encode()
    signed = bytearray(LOG.sign(text).with_signatures([WITNESS.cosign(text, 11)]).encode())
    log_only = len(LOG.sign(text).encode())
    bit = data.draw(st.integers(0, log_only * 8 - 1))
    signed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(EvidenceError):
        checkpoint.verify(bytes(signed), [LOG.key, WITNESS.key], ORIGIN)
