"""Recipients and identities: text, strictness, and what may be mixed."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.age import bech32, encoding, files, header
from vault.age.errors import HeaderError, HmacError, IdentityError, NoMatch, RecipientError
from vault.age.header import Stanza
from vault.age.identities import (
    IDENTITIES,
    KeyIdentity,
    ScryptIdentity,
    decrypt,
    encode_identity,
    identity_from_secret,
    open_header,
    parse_identity,
    parse_identity_file,
    render_identity_file,
)
from vault.age.recipients import HybridRecipient, Recipient, X25519Recipient, parse_recipient, seal_header

KEY = bytes(range(16))
NONCE = bytes(range(16, 32))
CLASSIC = identity_from_secret(hashlib.sha256(b"classic").digest(), hybrid=False)
HYBRID = identity_from_secret(hashlib.sha256(b"hybrid").digest(), hybrid=True)
OTHERS = [identity_from_secret(hashlib.sha256(b"other").digest(), hybrid=hybrid) for hybrid in (False, True)]
BOTH = pytest.mark.parametrize("identity", [CLASSIC, HYBRID], ids=["x25519", "hybrid"])
# The points of small order on Curve25519, and their spellings that are not reduced (RFC 7748, section 6.1).
LOW_ORDER = [
    bytes(32),
    (1).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    (2**255 - 20).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    (2**255 - 18).to_bytes(32, "little"),
]


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32), st.booleans())
def test_identity_and_recipient_text_round_trip(secret: bytes, hybrid: bool) -> None:
    identity = identity_from_secret(secret, hybrid=hybrid)
    read = parse_identity(encode_identity(identity))
    assert (type(read), read.secret) == (type(identity), secret)
    assert parse_recipient(identity.recipient_text) == identity.recipient
    assert parse_recipient(identity.recipient_text).post_quantum is hybrid


def test_texts_have_the_lengths_that_age_has() -> None:
    assert (len(CLASSIC.recipient_text), len(encode_identity(CLASSIC))) == (62, 74)
    assert (len(HYBRID.recipient_text), len(encode_identity(HYBRID))) == (1959, 77)


@BOTH
def test_a_header_has_the_size_that_age_has(identity: KeyIdentity) -> None:
    assert len(seal_header(KEY, [identity.recipient])) == (168 if identity is CLASSIC else 1627)


@BOTH
@pytest.mark.parametrize("size", [0, 1, 65536, 200_000])
def test_a_file_round_trips(identity: KeyIdentity, size: int) -> None:
    data = files.encrypt(bytes(size), KEY, NONCE, [OTHERS[0].recipient, identity.recipient], allow_mixed=True)
    assert decrypt(data, [identity]) == bytes(size)
    assert decrypt(data, [OTHERS[1], identity]) == bytes(size)


@BOTH
def test_another_identity_finds_no_match(identity: KeyIdentity) -> None:
    data = files.encrypt(b"abc", KEY, NONCE, [identity.recipient])
    with pytest.raises(NoMatch):
        decrypt(data, OTHERS)
    with pytest.raises(NoMatch):
        decrypt(data, [])


@BOTH
def test_two_wraps_of_one_file_key_share_nothing(identity: KeyIdentity) -> None:
    one, two = (identity.recipient.wrap(KEY) for _ in range(2))
    assert one.args != two.args
    assert one.body != two.body


@BOTH
def test_a_header_with_a_foreign_hmac_is_refused(identity: KeyIdentity) -> None:
    stanza = identity.recipient.wrap(KEY)
    with pytest.raises(HmacError):
        open_header(header.encode([stanza], bytes(16)), [identity])


@BOTH
@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_only_a_file_key_is_wrapped(identity: KeyIdentity, size: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        identity.recipient.wrap(bytes(size))


@BOTH
@settings(deadline=None, max_examples=20)
@given(secret=st.binary(max_size=100))
def test_a_secret_sealed_for_one_purpose_opens_for_that_purpose_only(identity: KeyIdentity, secret: bytes) -> None:
    share, sealed = identity.recipient.seal(secret, b"one")
    assert identity.unseal(share, sealed, b"one") == secret
    assert identity.unseal(share, sealed, b"two") is None
    assert all(other.unseal(share, sealed, b"one") is None for other in OTHERS if type(other) is type(identity))


@BOTH
def test_a_malformed_stanza_of_its_own_type_condemns_the_header(identity: KeyIdentity) -> None:
    good = identity.recipient.wrap(KEY)
    for stanza in (
        Stanza(good.type, (), good.body),
        Stanza(good.type, (*good.args, "x"), good.body),
        Stanza(good.type, good.args, good.body[:-1]),
        Stanza(good.type, good.args, good.body + b"\0"),
        Stanza(good.type, (good.args[0] + "=",), good.body),
        Stanza(good.type, (encoding.encode(encoding.decode(good.args[0])[:-1]),), good.body),
    ):
        with pytest.raises(HeaderError):
            identity.unwrap([stanza])
    assert identity.unwrap([Stanza(good.type.swapcase(), (), b""), good]) == KEY


@BOTH
@pytest.mark.parametrize("point", LOW_ORDER)
def test_a_low_order_point_is_refused_as_share_and_as_recipient(identity: KeyIdentity, point: bytes) -> None:
    share, sealed = identity.recipient.seal(KEY, b"")
    with pytest.raises(HeaderError):
        identity.unseal(share[:-32] + point, sealed, b"")
    with pytest.raises(RecipientError):
        type(identity.recipient)(identity.recipient.public[:-32] + point)


def test_an_ml_kem_key_that_is_not_reduced_is_refused() -> None:
    with pytest.raises(RecipientError, match="ML-KEM"):
        HybridRecipient(b"\xff" * 1184 + HYBRID.recipient.public[1184:])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "age1",
        CLASSIC.recipient_text + " ",
        CLASSIC.recipient_text.upper(),
        CLASSIC.recipient_text[:-1],
        bech32.encode("age", bytes(31)),
        bech32.encode("age1pq", CLASSIC.recipient.public),
        bech32.encode("age", HYBRID.recipient.public),
        bech32.encode("age1yubikey", bytes(33)),
        encode_identity(CLASSIC),
    ],
)
def test_what_is_not_a_recipient_is_refused(text: str) -> None:
    with pytest.raises(RecipientError):
        parse_recipient(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " " + encode_identity(CLASSIC),
        encode_identity(CLASSIC).lower(),
        bech32.encode("AGE-SECRET-KEY-", bytes(31)),
        bech32.encode("AGE-SECRET-KEY-PQ-", bytes(33)),
        bech32.encode("AGE-PLUGIN-YUBIKEY-", bytes(32)),
        CLASSIC.recipient_text,
    ],
)
def test_what_is_not_an_identity_is_refused(text: str) -> None:
    with pytest.raises(IdentityError) as caught:
        parse_identity(text)
    assert not text or text not in repr(caught.value)


def test_an_identity_does_not_show_its_secret() -> None:
    for identity in (CLASSIC, HYBRID, ScryptIdentity("canary")):
        assert "canary" not in repr(identity)
    assert repr(CLASSIC.secret) not in repr(CLASSIC)
    assert repr(HYBRID.secret) not in repr(HYBRID)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_secret_of_another_size_is_a_wrong_call(size: int) -> None:
    for hybrid in (False, True):
        with pytest.raises(ValueError, match="32 bytes"):
            identity_from_secret(bytes(size), hybrid=hybrid)


def test_an_identity_file_holds_identities_comments_and_empty_lines() -> None:
    text = f"# one\n\n{encode_identity(CLASSIC)}\n#two\r\n{encode_identity(HYBRID)}\r\n"
    assert [identity.secret for identity in parse_identity_file(text)] == [CLASSIC.secret, HYBRID.secret]


@BOTH
def test_an_identity_file_reads_back(identity: KeyIdentity) -> None:
    text = render_identity_file(identity, "2026-11-24T00:15:28Z")
    assert text.splitlines()[:2] == ["# created: 2026-11-24T00:15:28Z", f"# public key: {identity.recipient_text}"]
    assert [read.secret for read in parse_identity_file(text)] == [identity.secret]


@pytest.mark.parametrize(
    ("text", "line"),
    [("", None), ("# nothing\n", None), ("# one\ncanary\n", 2), (f" {encode_identity(CLASSIC)}", 1)],
)
def test_a_fault_in_an_identity_file_names_its_line_only(text: str, line: int | None) -> None:
    with pytest.raises(IdentityError) as caught:
        parse_identity_file(text)
    assert caught.value.line == line
    assert "canary" not in repr(caught.value)


def test_an_identity_file_is_bounded() -> None:
    with pytest.raises(IdentityError, match="too many"):
        parse_identity_file(f"{encode_identity(CLASSIC)}\n" * (IDENTITIES + 1))


def test_a_time_of_two_lines_is_not_written() -> None:
    with pytest.raises(ValueError, match="one line"):
        render_identity_file(CLASSIC, "2026\nAGE-SECRET-KEY-")


def test_no_recipients_is_a_wrong_call() -> None:
    with pytest.raises(ValueError, match="no stanza"):
        seal_header(KEY, [])


def test_kinds_are_mixed_only_when_asked() -> None:
    recipients: list[Recipient] = [CLASSIC.recipient, HYBRID.recipient]
    with pytest.raises(ValueError, match="mixed"):
        seal_header(KEY, recipients)
    data = seal_header(KEY, recipients, allow_mixed=True)
    for identity in (CLASSIC, HYBRID):
        assert open_header(data, [identity]) == (KEY, len(data))


def test_a_passphrase_pays_no_more_than_it_was_told() -> None:
    stanza = Stanza("scrypt", (encoding.encode(bytes(16)), "11"), bytes(32))
    assert ScryptIdentity("x", work_factor=11).unwrap([stanza]) is None
    with pytest.raises(HeaderError, match="work factor"):
        ScryptIdentity("x", work_factor=10).unwrap([stanza])
    with pytest.raises(HeaderError, match="alone"):
        ScryptIdentity("x").unwrap([stanza, stanza])


def test_recipients_are_equal_by_their_key() -> None:
    assert X25519Recipient(CLASSIC.recipient.public) == CLASSIC.recipient
    assert len({CLASSIC.recipient, X25519Recipient(CLASSIC.recipient.public), HYBRID.recipient}) == 2
