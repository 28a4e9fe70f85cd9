"""Any order of requests, crashes and takeovers: what was acknowledged is there, byte for byte, and nothing else."""

import secrets
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests import media
from tests.vault.making import new_vault, person
from tests.vault.test_interruption import new_case
from vault import holding, staging, staging_keys, uploads
from vault.errors import OffsetDiffers, TooLarge, UploadBusy, VaultError
from vault.holding import RESUMABLE, Asking, find
from vault.instance import Vault, open_vault
from vault.uploads import Hold

BEGINNING: Final = media.noise(16)
LENGTH: Final = 20_000


class Protocol(RuleBasedStateMachine):
    """One upload; `sent` is what the vault acknowledged. The holder may be anybody's, living or stale."""

    vault: Vault

    @initialize(known=st.booleans())
    def begin(self, known: bool) -> None:
        self.receipt, case = new_case(self.vault)
        length = LENGTH if known else None
        self.secret, upload = uploads.begin(
            self.vault, case, self.receipt, channel=RESUMABLE, keep_place=False, length=length
        )
        self.upload, self.length, self.sent = upload.upload, length, b""
        self.holder: Hold | None = None
        self.stale: list[Hold] = []
        self.stored = b""  # by the holder, not counted yet

    @precondition(lambda self: self.holder is None)
    @rule()
    def take(self) -> None:
        asking = Asking(self.vault, self.upload)
        taken = asking.take()
        assert taken is not None
        assert taken.received == len(self.sent)
        self.holder = uploads.hold(self.vault, self.secret, self.receipt, taken, asking.ticket)
        self.stored = b""

    @precondition(lambda self: self.holder is not None)
    @rule()
    def ask_in_vain(self) -> None:
        assert Asking(self.vault, self.upload).take() is None

    @precondition(lambda self: self.holder is not None)
    @rule()
    def take_from_the_dead(self) -> None:
        """The holder's process died, or its connection hangs: it gives no sign of life."""
        assert self.holder is not None
        asking = Asking(self.vault, self.upload)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(holding, "PATIENCE_SECONDS", 0.0)
            taken = asking.take()
        assert taken is not None
        assert taken.received == len(self.sent)
        self.stale.append(self.holder)
        self.holder = uploads.hold(self.vault, self.secret, self.receipt, taken, asking.ticket)
        self.stored = b""

    @precondition(lambda self: self.holder is not None)
    @rule(size=st.integers(0, 9000), count=st.booleans())
    def store(self, size: int, count: bool) -> None:
        """`count` False: the bytes are stored under a checksum that is not there yet."""
        assert self.holder is not None
        data = secrets.token_bytes(size)
        if not self.sent and not self.stored:
            data = (BEGINNING + data)[: max(size, 64)]
        room = (10**9 if self.length is None else self.length) - len(self.sent) - len(self.stored)
        if len(data) > room:
            with pytest.raises(TooLarge):
                self.holder.store(data, count)
            return
        self.holder.store(data, count)
        self.stored += data
        if count and data:
            self.counted()

    @precondition(lambda self: self.holder is not None)
    @rule()
    def count(self) -> None:
        assert self.holder is not None
        self.holder.count()
        self.counted()

    def counted(self) -> None:
        self.sent, self.stored = self.sent + self.stored, b""

    @precondition(lambda self: self.stale)
    @rule(data=st.binary(min_size=64, max_size=500), release=st.booleans())
    def wake(self, data: bytes, release: bool) -> None:
        """A request that lost its hold goes on as if nothing had been."""
        stale = self.stale[-1]
        with pytest.raises((UploadBusy, TooLarge, VaultError)):
            stale.store((BEGINNING + data)[: len(data)], count=True)
        with pytest.raises(UploadBusy):
            stale.count()
        if release:
            stale.release()

    @precondition(lambda self: self.holder is not None and self.length is None)
    @rule(more=st.integers(-5, 5000))
    def tell_length(self, more: int) -> None:
        assert self.holder is not None
        length = len(self.sent) + more
        if more < 0:
            with pytest.raises(OffsetDiffers):
                self.holder.tell_length(max(length, 0)) if length >= 0 else self.refuse()
            return
        if len(self.stored) > more:
            return
        self.holder.tell_length(length)
        self.length = length

    def refuse(self) -> None:
        raise OffsetDiffers("a length below zero is no length")

    @precondition(lambda self: self.holder is not None)
    @rule()
    def release(self) -> None:
        assert self.holder is not None
        self.holder.release()
        self.holder, self.stored = None, b""

    @invariant()
    def what_was_acknowledged_is_there(self) -> None:
        if not hasattr(self, "upload"):
            return
        found = find(self.vault, self.secret, self.receipt)
        assert found.received == len(self.sent)
        facts = staging.facts_of(self.vault.store, self.upload)
        key = staging_keys.unlock(self.secret, self.receipt, facts.lock)
        chain = staging.pieces(self.vault.store, self.upload, len(self.sent))
        assert b"".join(staging.plaintext(self.vault.store, chain, key)) == self.sent


@pytest.mark.slow
def test_any_order_of_requests_keeps_what_was_acknowledged(tmp_path: Path) -> None:

    new_vault(tmp_path / "vault", person("custodian"))
    vault = open_vault(tmp_path / "vault")
    vault.sequencer.start()
    try:
        machine = type("Machine", (Protocol,), {"vault": vault})
        run_state_machine_as_test(machine, settings=settings(max_examples=12, stateful_step_count=30, deadline=None))
    finally:
        vault.close()
