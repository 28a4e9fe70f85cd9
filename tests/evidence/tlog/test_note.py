"""Signed notes: public examples verify, whoever signed wrongly spoils the note, strangers are passed over."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import EvidenceError, NoteError, SignatureError
from evidence.tlog import note
from evidence.tlog.note import MAX_NOTE_BYTES, MAX_SIGNATURES, Cosigner, Note, Signature, Signer, VerifierKey
from tests.evidence.tlog.keyring import LOG, OTHER_WITNESS, STRANGER, WITNESS, private_key
from tests.oracles import openssl, require
from tests.paths import VECTORS

TEXT = "one\n\nthree\n"
_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n")).map(lambda text: text + "\n")


def published(name: str) -> dict[str, Any]:
    vector: dict[str, Any] = json.loads((require.folder(VECTORS / "notes") / name).read_text())
    return vector


def test_the_published_note_verifies() -> None:
    vector = published("signed-note-example.json")
    key = VerifierKey.parse(vector["vkey"])
    verified = note.verify(vector["note"].encode(), [key])
    assert verified.text == "This is an example message.\n"
    assert [each.key for each in verified.signatures] == [key]


def test_the_published_cosignature_is_laid_out_as_told() -> None:
    signed = Note.parse(published("checkpoint-examples.json")["checkpoint_with_ed25519_cosignature"].encode())
    log, witness = signed.signatures
    assert len(log.signature) == 64
    assert int.from_bytes(witness.signature[:8], "big") == 1679315147
    assert len(witness.signature) == 72


@given(_TEXTS, st.integers(0, 2**63 - 1))
def test_what_is_signed_and_cosigned_verifies(text: str, seen_at: int) -> None:
    data = LOG.sign(text).with_signatures([WITNESS.cosign(text, seen_at)]).encode()
    assert Note.parse(data).encode() == data
    verified = note.verify(data, [WITNESS.key, LOG.key, OTHER_WITNESS.key])
    assert verified.text == text
    assert [(each.key, each.timestamp) for each in verified.signatures] == [(LOG.key, None), (WITNESS.key, seen_at)]


def test_openssl_accepts_our_signatures(tmp_path: Path) -> None:
    signature = LOG.sign(TEXT).signatures[0].signature
    cosignature = WITNESS.cosign(TEXT, 17).signature
    message = b"cosignature/v1\ntime 17\n" + TEXT.encode()
    assert openssl.verifies_ed25519(tmp_path, LOG.key.public_key, TEXT.encode(), signature)
    assert openssl.verifies_ed25519(tmp_path, WITNESS.key.public_key, message, cosignature[8:])
    assert not openssl.verifies_ed25519(tmp_path, LOG.key.public_key, message, signature)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_is_read_is_written_back(data: bytes) -> None:
    try:
        parsed = Note.parse(data)
    except NoteError:
        return
    assert parsed.encode() == data


@given(st.data())
def test_any_changed_bit_spoils_the_note(data: st.DataObject) -> None:
    signed = bytearray(LOG.sign(TEXT).encode())
    bit = data.draw(st.integers(0, len(signed) * 8 - 1))
    signed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(EvidenceError):
        note.verify(bytes(signed), [LOG.key])


def test_signatures_by_strangers_are_passed_over() -> None:
    signed = LOG.sign(TEXT).with_signatures(STRANGER.sign(TEXT).signatures)
    assert [each.key for each in note.verify(signed.encode(), [LOG.key]).signatures] == [LOG.key]


def test_a_note_by_strangers_only_is_refused() -> None:
    with pytest.raises(SignatureError):
        note.verify(STRANGER.sign(TEXT).encode(), [LOG.key])
    with pytest.raises(SignatureError):
        note.verify(LOG.sign(TEXT).encode(), [])


def test_a_shared_name_or_a_shared_key_alone_is_a_stranger() -> None:
    same_name = Signer(LOG.key.name, private_key(9))
    same_key = Signer("other.example", private_key(1))
    for signer in (same_name, same_key):
        with pytest.raises(SignatureError):
            note.verify(signer.sign(TEXT).encode(), [LOG.key])


def test_one_bad_signature_by_a_known_key_spoils_good_ones() -> None:
    elsewhere = LOG.sign("another text\n").signatures[0]
    good = WITNESS.cosign(TEXT, 5)
    for lines in ((elsewhere, good), (good, elsewhere), (LOG.sign(TEXT).signatures[0], good, elsewhere)):
        with pytest.raises(SignatureError):
            note.verify(Note(TEXT, lines).encode(), [LOG.key, WITNESS.key])


def test_a_cosignature_for_another_time_or_length_is_refused() -> None:
    good = WITNESS.cosign(TEXT, 5)
    later = (6).to_bytes(8, "big") + good.signature[8:]
    for blob in (
        later,
        good.signature[:-1],
        good.signature + b"\x00",
        good.signature[8:],
        b"\xff" + good.signature[1:],
    ):
        with pytest.raises(SignatureError):
            note.verify(Note(TEXT, (Signature(good.name, good.key_id, blob),)).encode(), [WITNESS.key])


def test_a_log_signature_does_not_pass_for_a_cosignature() -> None:
    both = private_key(7)
    log, witness = Signer("both.example", both), Cosigner("both.example", both)
    assert log.key.key_id != witness.key.key_id
    signed = log.sign(TEXT)
    forged = Note(TEXT, (Signature("both.example", witness.key.key_id, bytes(8) + signed.signatures[0].signature),))
    with pytest.raises(SignatureError):
        note.verify(forged.encode(), [witness.key])


def test_a_key_that_signs_twice_counts_once() -> None:
    twice = Note(TEXT, (WITNESS.cosign(TEXT, 5), WITNESS.cosign(TEXT, 6)))
    assert [each.timestamp for each in note.verify(twice.encode(), [WITNESS.key]).signatures] == [5]
    signed = LOG.sign(TEXT)
    assert signed.with_signatures(signed.signatures) == signed


def test_verifier_keys_that_cannot_be_told_apart_are_refused() -> None:
    class Colliding(VerifierKey):
        key_id = LOG.key.key_id

    other = Colliding(LOG.key.name, LOG.key.type, bytes(32))
    with pytest.raises(ValueError, match="told apart"):
        note.verify(LOG.sign(TEXT).encode(), [LOG.key, other])


def test_signatures_of_unsupported_types_may_stand_in_a_note() -> None:
    long = Signature("post-quantum.example", b"\x01\x02\x03\x04", bytes(8 + 2420))
    assert note.verify(LOG.sign(TEXT).with_signatures([long]).encode(), [LOG.key]).text == TEXT


def test_many_signatures_are_accepted_up_to_the_cap() -> None:
    line = b"\xe2\x80\x94 s.example AAAAAAA=\n"
    own = LOG.sign(TEXT).encode()
    assert note.verify(own + line * (MAX_SIGNATURES - 1), [LOG.key]).text == TEXT
    with pytest.raises(NoteError):
        note.verify(own + line * MAX_SIGNATURES, [LOG.key])


def test_a_note_without_signatures_is_none() -> None:
    with pytest.raises(NoteError):
        Note(TEXT, ())


def test_an_endless_note_is_refused_before_it_is_read() -> None:
    with pytest.raises(NoteError):
        Note.parse(b"a\n" * MAX_NOTE_BYTES)


LINE = LOG.sign(TEXT).signatures[0].encode()
ENCODED = LINE.split(" ")[2]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "\n",
        TEXT,
        LINE,
        "\n" + LINE,
        "text\n" + LINE,
        f"text\n\n{LINE}"[:-1],
        f"text\n\n{LINE}\n",
        f"text\n\n{LINE}junk\n",
        f"text\n\n {LINE}",
        f"te\rxt\n\n{LINE}",
        f"te\txt\n\n{LINE}",
        f"te\x00xt\n\n{LINE}",
        f"text\r\n\r\n{LINE}",
        f"text\n\n{LINE}".replace("—", "-"),
        f"text\n\n{LINE}".replace("— ", "—"),
        f"text\n\n{LINE}".replace("— ", "—  "),
        f"text\n\n— name with spaces {ENCODED}",
        f"text\n\n— name+plus {ENCODED}",
        f"text\n\n— n\u00a0bsp {ENCODED}",
        f"text\n\n—  {ENCODED}",
        "text\n\n— name \n",
        "text\n\n— name\n",
        "text\n\n— name AAAA\n",
        "text\n\n— name AAAAAA==\n",  # a key ID and no signature
        "text\n\n— name AAAAAAB=\n",  # stray bits
        "text\n\n— name AAAAAAA\n",  # no padding
        "text\n\n— name AAAAAAA==\n",
        "text\n\n— name AAAA-A_=\n",
        "text\n\n— name AAAA\u00c0AA=\n",
        "text\n\n— name AAAAAAA= \n",
    ],
)
def test_misspelt_notes_are_refused(data: str) -> None:
    with pytest.raises(NoteError):
        Note.parse(data.encode())


def test_what_is_not_utf8_is_refused() -> None:
    with pytest.raises(NoteError):
        Note.parse(b"\xff\n\n" + LINE.encode())


@pytest.mark.parametrize("text", ["", "no line feed", "tab\t\n", "\ud800\n"])
def test_texts_that_no_note_can_hold_are_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        LOG.sign(text)
    with pytest.raises(NoteError):
        WITNESS.cosign(text, 0)


@pytest.mark.parametrize("seen_at", [-1, 2**63])
def test_times_that_no_cosignature_can_hold_are_not_signed(seen_at: int) -> None:
    with pytest.raises(ValueError, match="time"):
        WITNESS.cosign(TEXT, seen_at)


def test_lines_that_a_witness_answers_are_read() -> None:
    lines = WITNESS.cosign(TEXT, 5), OTHER_WITNESS.cosign(TEXT, 6)
    data = "".join(line.encode() for line in lines).encode()
    assert note.parse_signatures(data) == lines
    for bad in (b"", data[:-1], data + b"\n", b"\n" + data, data + b"nonsense\n"):
        with pytest.raises(NoteError):
            note.parse_signatures(bad)


def test_vkeys_are_those_of_the_signers() -> None:
    assert VerifierKey.parse(LOG.vkey) == LOG.key
    assert VerifierKey.parse(WITNESS.vkey) == WITNESS.key


def test_errors_do_not_repeat_what_was_read() -> None:
    with pytest.raises(NoteError) as caught:
        Note.parse(b"canary-7f\n\n" + "— canary-7f !!\n".encode())
    assert "canary" not in repr(caught.value)
    assert base64.b64encode(b"canary").decode() not in str(caught.value)
