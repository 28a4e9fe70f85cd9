"""Six words that two people compare by voice, for each public line its own."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mnemonic import Mnemonic

from api.cli.failures import WrongUse
from api.cli.spoken import require_words, words_of
from evidence.identity import PublicLine
from tests.cli.commands import Amparo
from tests.vault.making import person


@settings(max_examples=10)
@given(st.binary(min_size=32, max_size=32))
def test_they_are_what_the_format_says(key: bytes) -> None:
    line = PublicLine("a", "age1qq", key)
    digest = hashlib.scrypt(str(line).encode(), salt=b"amparo/words/v1", n=1 << 14, r=8, p=1, dklen=9)
    bits = f"{int.from_bytes(digest):072b}"
    known = Mnemonic("english").wordlist
    assert words_of(line).split() == [known[int(bits[at : at + 11], 2)] for at in range(0, 66, 11)]


def test_every_part_of_the_line_changes_them() -> None:
    line = person("lawyer").line
    others = [
        PublicLine("lawyer2", line.recipient, line.signing_key),
        PublicLine(line.name, line.recipient + "0", line.signing_key),
        PublicLine(line.name, line.recipient, bytes(32)),
    ]
    assert len({words_of(each) for each in (line, *others)}) == 4


def test_words_that_were_heard_may_be_written_in_capitals() -> None:
    line = person("lawyer").line
    require_words(line, f"  {words_of(line).upper()} ")


@pytest.mark.parametrize("wrong", ["", "one two three four five six", "order"])
def test_other_words_are_refused(wrong: str) -> None:
    line = person("lawyer").line
    with pytest.raises(WrongUse):
        require_words(line, wrong)
    with pytest.raises(WrongUse):
        require_words(line, " ".join(reversed(words_of(line).split())) + " extra")


def test_keygen_tells_them_beside_the_line_and_the_command_tells_them_again(amparo: Amparo, tmp_path: Path) -> None:
    made = amparo("keygen", "lawyer", "-o", tmp_path / "key")
    line = PublicLine.parse(made.out)
    assert made.err.strip().endswith(words_of(line))
    assert amparo("words", tmp_path / "key.pub").out.strip() == words_of(line)
