"""`amparo metrics`: what an operator may watch all day, and nothing that times a source."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.commands import Amparo, assert_wrong_use
from tests.cli.conftest import Handed
from tests.paths import ROOT
from tests.vault.making import report, running
from tests.vault.media import PHOTO
from vault.sequencer import CHECKPOINT_KEY

NAMES = {
    *("up", "clock_synchronised", "log_events", "log_cosigned_enough", "log_alarms", "uploads_taken"),
    *("uploads_fill_ratio", "free_gibibytes", "fixity_age_hours", "fixity_faults", "requests"),
}


@pytest.fixture
def folder(handed: Handed, tmp_path: Path) -> Path:
    shutil.copytree(handed.vault.folder, tmp_path / "vault")
    return tmp_path / "vault"


def read(text: str) -> dict[str, float]:
    """By another reader of the format; of several with labels the last."""
    families = text_string_to_metric_families(text + "\n")
    return {sample.name.removeprefix("amparo_"): sample.value for each in families for sample in each.samples}


def test_the_names_are_these_and_prometheus_reads_them(amparo: Amparo, folder: Path) -> None:
    found = read(amparo("metrics", folder).out)
    assert set(found) == NAMES
    assert found["up"] == found["uploads_taken"] == 1
    assert found["log_events"] > 0
    assert found["fixity_age_hours"] == -1


def test_what_a_source_sends_moves_nothing_but_the_public_log(amparo: Amparo, folder: Path) -> None:
    before = amparo("metrics", folder).out
    with running(folder) as vault:
        made = report(vault, PHOTO, statement="words")
        vault.sequencer.run_once()
    after = amparo("metrics", folder).out
    public = re.compile("^amparo_log_events .*$", re.MULTILINE)
    assert public.sub("", after) == public.sub("", before)
    assert made.case not in after


def test_a_vault_whose_store_does_not_answer_is_down_and_says_no_more(amparo: Amparo, folder: Path) -> None:
    (folder / "store" / CHECKPOINT_KEY).unlink()
    found = read(amparo("metrics", folder).out)
    assert found["up"] == 0
    assert set(found) == {"up", "clock_synchronised"}


@contextmanager
def listening(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "api.cli.main", "metrics", str(folder), "--listen", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+/metrics", process.stdout.readline())
        assert address
        yield address[0]
        process.kill()
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.slow
def test_it_can_be_asked_over_the_loopback_address_and_logs_nobody(folder: Path) -> None:
    with listening(folder) as address:
        for _ in range(2):
            assert set(read(httpx.get(address, trust_env=False).text)) == NAMES


def test_a_port_that_is_none_is_wrong_use(amparo: Amparo, folder: Path) -> None:
    assert_wrong_use(amparo("metrics", folder, "--listen", "99999"))
