"""RFC 8785: one spelling per value, and nothing else is read."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evidence.canonical import Json, decode, encode
from evidence.errors import NotCanonical, NotJson

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(_VALUES)
def test_what_is_encoded_decodes_to_the_same_value(value: Json) -> None:
    assert decode(encode(value)) == value


@given(_VALUES)
def test_any_json_reader_reads_the_same_value(value: Json) -> None:
    assert json.loads(encode(value)) == value


@given(_VALUES)
def test_the_spelling_is_the_one_of_another_program(value: Json) -> None:
    library: Any = rfc8785
    assert encode(value) == library.dumps(value)


@given(st.dictionaries(_TEXT, st.integers(0, 9)), st.randoms())
def test_order_of_members_makes_no_difference(members: dict[str, int], random: Any) -> None:
    shuffled = list(members.items())
    random.shuffle(shuffled)
    assert encode(dict(shuffled)) == encode(members)


@given(st.dictionaries(_TEXT, st.none()))
def test_members_stand_in_order_of_utf16_code_units(members: dict[str, None]) -> None:
    names = list(json.loads(encode(members)))
    assert names == sorted(members, key=lambda name: name.encode("utf-16-be"))


def test_the_rfc_sorting_example() -> None:
    # RFC 8785 3.2.3: the emoji's surrogates sort before U+FB33.
    names = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert list(json.loads(encode(names))) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_the_rfc_string_example() -> None:
    # RFC 8785 3.2.2.2
    text = '\u20ac$\u000f\u000aA\'B"\\\\"/'
    assert encode(text) == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()


@given(st.binary(max_size=40))
def test_bytes_that_are_accepted_are_canonical(data: bytes) -> None:
    try:
        value = decode(data)
    except NotCanonical:
        return
    assert encode(value) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1\n",
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"a": 1}',
        b"1.0",
        b"1.5",
        b"1e3",
        b"-0",
        b"01",
        b"+1",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"9007199254740992",
        b"1" * 10_000,
        b'"\\u0041"',
        b'"\\ud800"',
        b'{"\\ud800":1}',
        b'"\\/"',
        b'"\xff"',
        b"\xef\xbb\xbf1",
        b"[" * 100_000,
        b"[" * 65 + b"]" * 65,
        b"'a'",
        b"true false",
    ],
)
def test_other_spellings_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        decode(data)


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), 2**53, -(2**53), "\ud800", {"\ud800": 1}, {1: 2}, b"a", {1}, [[1.5]], {"a": object()}]
)
def test_values_without_a_canonical_form_are_refused(value: Any) -> None:
    with pytest.raises(NotJson) as caught:
        encode(value)
    assert caught.value.__cause__ is None


def test_a_value_that_contains_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(NotJson):
        encode(endless)
