"""Armor beyond the public vectors: what is decoded is what age armored."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import require
from vault.age import armor
from vault.age.errors import ArmorError
from vault.age.identities import decrypt, identity_from_secret


@pytest.mark.parametrize("size", [0, 1, 47, 48, 5000])
def test_what_age_armors_opens(size: int) -> None:
    identity = identity_from_secret(bytes(range(32)), hybrid=False)
    command = [require.tool("age"), "-a", "-r", identity.recipient_text]
    text = subprocess.run(command, input=bytes(size), capture_output=True, check=True).stdout
    assert decrypt(armor.decode(text), [identity]) == bytes(size)


@given(st.binary(max_size=200))
def test_what_is_not_armor_is_refused(data: bytes) -> None:
    with pytest.raises(ArmorError):
        armor.decode(data)


@pytest.mark.parametrize("text", [b"", b"-----BEGIN AGE ENCRYPTED FILE-----", b"-----END AGE ENCRYPTED FILE-----"])
def test_armor_without_both_ends_is_refused(text: bytes) -> None:
    with pytest.raises(ArmorError):
        armor.decode(text)
