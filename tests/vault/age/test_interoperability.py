"""Files cross, both ways, between us and the age program, pyrage and typage; so do files whose header was replaced."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oracles import age
from vault.age import files
from vault.age.errors import NoMatch
from vault.age.identities import (
    KeyIdentity,
    decrypt,
    encode_identity,
    identity_from_secret,
    open_header,
    parse_identity,
    parse_identity_file,
    render_identity_file,
)
from vault.age.recipients import seal_header

KEY = bytes(range(16))
NONCE = bytes(range(16, 32))
PLAINTEXT = bytes(range(256)) * 600  # two chunks and a part
CLASSIC, OTHER, HYBRID, OTHER_HYBRID = (
    identity_from_secret(hashlib.sha256(b"%d" % seed).digest(), hybrid=seed > 1) for seed in range(4)
)


@pytest.fixture
def identity_file(tmp_path: Path) -> Path:
    path = tmp_path / "key.txt"
    path.write_text(render_identity_file(CLASSIC, "2026-11-24T00:15:28Z"))
    return path


def _replace_header(data: bytes, holder: KeyIdentity, recipient: KeyIdentity) -> bytes:
    file_key, start = open_header(data, [holder])
    return seal_header(file_key, [recipient.recipient]) + data[start:]


@pytest.mark.parametrize("plaintext", [b"", PLAINTEXT[:65536], PLAINTEXT], ids=["empty", "one chunk", "three chunks"])
def test_ours_open_elsewhere(plaintext: bytes, identity_file: Path) -> None:
    data = files.encrypt(plaintext, KEY, NONCE, [OTHER.recipient, CLASSIC.recipient])
    assert age.program_decrypt(data, identity_file) == plaintext
    assert age.pyrage_decrypt(data, encode_identity(CLASSIC)) == plaintext
    assert age.typage_decrypt(data, encode_identity(CLASSIC)) == plaintext


@pytest.mark.parametrize("plaintext", [b"", PLAINTEXT], ids=["empty", "three chunks"])
def test_ours_open_elsewhere_when_post_quantum(plaintext: bytes) -> None:
    data = files.encrypt(plaintext, KEY, NONCE, [OTHER_HYBRID.recipient, HYBRID.recipient])
    assert age.typage_decrypt(data, encode_identity(HYBRID)) == plaintext


def test_a_header_of_both_kinds_opens_elsewhere(identity_file: Path) -> None:
    data = files.encrypt(PLAINTEXT, KEY, NONCE, [HYBRID.recipient, CLASSIC.recipient], allow_mixed=True)
    assert age.program_decrypt(data, identity_file) == PLAINTEXT
    assert age.pyrage_decrypt(data, encode_identity(CLASSIC)) == PLAINTEXT
    assert age.typage_decrypt(data, encode_identity(HYBRID)) == PLAINTEXT


@pytest.mark.parametrize("encrypt", [age.program_encrypt, age.pyrage_encrypt, age.typage_encrypt])
@pytest.mark.parametrize("plaintext", [b"", PLAINTEXT], ids=["empty", "three chunks"])
def test_theirs_open_here(encrypt: Callable[[bytes, str], bytes], plaintext: bytes) -> None:
    assert decrypt(encrypt(plaintext, CLASSIC.recipient_text), [OTHER, HYBRID, CLASSIC]) == plaintext


@pytest.mark.parametrize("plaintext", [b"", PLAINTEXT], ids=["empty", "three chunks"])
def test_theirs_open_here_when_post_quantum(plaintext: bytes) -> None:
    data = age.typage_encrypt(plaintext, OTHER_HYBRID.recipient_text, HYBRID.recipient_text)
    assert decrypt(data, [OTHER, HYBRID]) == plaintext


def test_a_payload_under_a_replaced_header_opens_everywhere_and_no_more_to_the_old_holder(identity_file: Path) -> None:
    original = files.encrypt(PLAINTEXT, KEY, NONCE, [OTHER.recipient])
    data = _replace_header(original, OTHER, CLASSIC)
    assert age.program_decrypt(data, identity_file) == PLAINTEXT
    assert age.pyrage_decrypt(data, encode_identity(CLASSIC)) == PLAINTEXT
    assert age.typage_decrypt(data, encode_identity(CLASSIC)) == PLAINTEXT
    with pytest.raises(NoMatch):
        decrypt(data, [OTHER])


@pytest.mark.parametrize("recipient", [CLASSIC, HYBRID], ids=["x25519", "hybrid"])
def test_a_header_made_elsewhere_can_be_replaced(recipient: KeyIdentity) -> None:
    data = _replace_header(age.typage_encrypt(PLAINTEXT, OTHER_HYBRID.recipient_text), OTHER_HYBRID, recipient)
    assert age.typage_decrypt(data, encode_identity(recipient)) == PLAINTEXT


def test_the_identity_file_of_age_keygen_reads_and_is_written_the_same() -> None:
    text = age.program_keygen()
    (identity,) = parse_identity_file(text)
    created, public, _ = text.splitlines()
    assert public == f"# public key: {identity.recipient_text}"
    assert render_identity_file(identity, created.removeprefix("# created: ")) == text


@pytest.mark.parametrize("kind", ["x25519", "hybrid"])
def test_an_identity_made_elsewhere_has_the_same_recipient_here(kind: str) -> None:
    identity, recipient = age.typage_keygen(kind)
    assert parse_identity(identity).recipient_text == recipient
    assert encode_identity(parse_identity(identity)) == identity
