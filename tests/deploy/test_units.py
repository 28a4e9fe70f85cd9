"""Units as systemd reads them, and the onion service's lines as Tor does."""

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.oracles import require
from tests.paths import ROOT

DEPLOY: Final = ROOT / "deploy"
MOST: Final = 2.0  # of 10: what systemd's own audit finds open
UNITS: Final = sorted(DEPLOY.rglob("*.service"))


def test_there_are_units() -> None:
    assert [unit.name for unit in UNITS] == ["amparo-backup.service", "amparo.service"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_unit_is_closed_to_what_it_does_not_need(unit: Path) -> None:
    said = subprocess.run(
        [require.tool("systemd-analyze"), "security", "--offline=true", "--no-pager", "--threshold=100", str(unit)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found is not None
    assert float(found[1]) <= MOST


@pytest.mark.parametrize("unit", [*UNITS, *sorted(DEPLOY.rglob("*.timer"))], ids=lambda unit: unit.name)
def test_systemd_understands_every_line(unit: Path, tmp_path: Path) -> None:
    # Its programs are not on this machine: others stand in for them.
    for each in unit.parent.iterdir():
        if each.suffix in {".service", ".timer"}:
            (tmp_path / each.name).write_text(each.read_text().replace("/usr/local/lib/amparo/bin/amparo", "/bin/true"))
    said = subprocess.run(
        [require.tool("systemd-analyze"), "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    about = [line for line in (said.stdout + said.stderr).splitlines() if "amparo" in line]
    assert about == []


def test_service_may_ask_whether_the_clock_is_synchronised() -> None:
    # Every record states it. Either of these would make each record say that the clock was not.
    text = (DEPLOY / "systemd" / "amparo.service").read_text()
    assert "ProtectClock=yes" not in text
    assert text.index("SystemCallFilter=adjtimex") > text.index("SystemCallFilter=~@privileged")


def test_tor_accepts_the_onion_service(tmp_path: Path) -> None:
    lines = (DEPLOY / "onion" / "torrc").read_text().replace("/var/lib/tor/amparo", str(tmp_path / "service"))
    (tmp_path / "torrc").write_text(lines)
    command = [require.tool("tor"), "--verify-config", "-f", str(tmp_path / "torrc")]
    said = subprocess.run(
        [*command, "--DataDirectory", str(tmp_path / "data")], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout
    assert "Configuration was valid" in said.stdout
