"""A reply counts when it is this authority's, over this message, and answers this request."""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

from evidence.authority import Authority
from evidence.errors import DocumentError, TimestampError
from evidence.timestamps import StampRecord, chain, verify
from evidence.token_order import in_order
from tests.oracles import tsa
from tests.oracles.require import folder
from tests.oracles.tsa import Tsa
from tests.paths import SHARED

MESSAGE = b"vault.example/log\n3\nhash\n"
VECTORS = SHARED / "vectors" / "tsa"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    return tsa.make(tmp_path_factory.mktemp("tsa") / "one")


def named(one: Tsa, name: str = "one") -> Authority:
    return Authority(name, "http://tsa.example", one.root.read_text())


def asked(one: Tsa, message: bytes = MESSAGE) -> tuple[bytes, int]:
    request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256)
    query = request.cert_request(cert_request=True).build()
    assert query.nonce is not None
    return one.reply(query.as_bytes()), query.nonce


def test_a_good_reply_says_when_and_openssl_agrees(authority: Tsa, tmp_path: Path) -> None:
    reply, nonce = asked(authority)
    stamp = verify(reply, MESSAGE, named(authority), nonce)
    assert abs(stamp.time - datetime.now(UTC)) < timedelta(minutes=1)
    assert stamp.expires - stamp.time > timedelta(days=3000)
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "reply").write_bytes(reply)
    assert tsa.accepts(authority.root, tmp_path / "reply", tmp_path / "message")
    assert StampRecord.from_json(StampRecord.of("one", 3, reply, stamp).to_json()).size == 3


def test_the_published_sample_is_read() -> None:
    where = folder(VECTORS)
    authority = Authority("sample", "http://tsa.example", (where / "ca.crt").read_text())
    verify((where / "openssl-one-cert.tsr").read_bytes(), (where / "msg").read_bytes(), authority)


def test_another_message_nonce_or_root_is_refused(authority: Tsa, tmp_path: Path) -> None:
    reply, nonce = asked(authority)
    stranger = tsa.make(tmp_path / "stranger")
    for message, known, number in [
        (MESSAGE + b"x", named(authority), nonce),
        (MESSAGE, named(authority), nonce + 1),
        (MESSAGE, named(stranger), nonce),
    ]:
        with pytest.raises(TimestampError):
            verify(reply, message, known, number)


def test_a_certificate_counts_as_it_was_then(tmp_path: Path) -> None:
    short = tsa.make(tmp_path / "short", days=1)
    reply, _ = asked(short)
    stamp = verify(reply, MESSAGE, named(short))
    assert timedelta(hours=23) < stamp.expires - stamp.time <= timedelta(days=1)


@pytest.fixture(scope="module")
def good(authority: Tsa) -> bytes:
    """A good reply over MESSAGE."""
    return asked(authority)[0]


@given(data=st.binary(min_size=1, max_size=200), place=st.integers(0, 5000))
def test_damage_is_refused_and_nothing_of_it_told(data: bytes, place: int, authority: Tsa, good: bytes) -> None:
    at = place % len(good)
    damaged = good[:at] + data + good[at + len(data) :]
    told = ""
    try:
        when = verify(damaged, MESSAGE, named(authority)).time
    except TimestampError as error:
        told = str(error)
    else:  # what no signature covers may differ: then it says the same
        assert when == verify(good, MESSAGE, named(authority)).time
    assert told in {"", "not a timestamp of this by the authority that the trust anchor names"}


def test_a_long_reply_is_not_read(authority: Tsa) -> None:
    with pytest.raises(TimestampError, match="longer"):
        verify(bytes(100_000), MESSAGE, named(authority))


@pytest.mark.parametrize(
    "certificates", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_an_authority_without_a_root_is_refused(certificates: str) -> None:
    with pytest.raises(DocumentError):
        chain(Authority("one", "http://tsa.example", certificates))


def test_a_leaf_alone_is_no_root(authority: Tsa) -> None:
    with pytest.raises(DocumentError, match="root"):
        chain(Authority("one", "http://tsa.example", (authority.folder / "tsa.pem").read_text()))


def test_certificates_in_any_order_are_read(tmp_path: Path) -> None:
    where = folder(VECTORS)
    reply, message = (where / "openssl-unsorted-certs.tsr").read_bytes(), (where / "msg").read_bytes()
    with pytest.raises(ValueError, match="InvalidSetOrdering"):
        decode_timestamp_response(reply)
    verify(reply, message, Authority("sample", "http://tsa.example", (where / "ca.crt").read_text()))
    (tmp_path / "reply").write_bytes(in_order(reply))
    assert tsa.accepts(where / "ca.crt", tmp_path / "reply", where / "msg")
    assert in_order(in_order(reply)) == in_order(reply)


@given(data=st.binary(max_size=60), place=st.integers(0, 5000), cut=st.integers(0, 5000))
def test_ordering_certificates_only_moves_bytes(data: bytes, place: int, cut: int, good: bytes) -> None:
    at = place % len(good)
    damaged = (good[:at] + data + good[at + len(data) :])[: cut if cut % 3 == 0 else None]
    with contextlib.suppress(ValueError):
        assert sorted(in_order(damaged)) == sorted(damaged)
