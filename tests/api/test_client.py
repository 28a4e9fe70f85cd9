"""The client of our own HTTP interface, where it never gets as far as a server."""

import pytest

from api.cli.failures import WrongUse
from api.client import Client, ServerError
from tests.service import free_port


@pytest.mark.parametrize("address", ["vault", "127.0.0.1:8000", "http://", "http://[::", "ftp://vault", ""])
def test_an_address_that_is_none_is_wrong_use_with_an_example(address: str) -> None:
    with pytest.raises(WrongUse) as caught:
        Client(address)
    assert "http://" in caught.value.hint


def test_a_server_that_does_not_answer_is_said_to_be_so() -> None:
    with Client(f"http://127.0.0.1:{free_port()}") as client, pytest.raises(ServerError) as caught:
        client.get("/health")
    assert caught.value.code == "unreachable"
