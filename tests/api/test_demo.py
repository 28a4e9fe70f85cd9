"""`make run`, followed to the letter: every command that the demo prints is run as it stands there."""

import contextlib
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.oracles import require
from tests.paths import CORPUS
from tests.service import free_port

pytestmark = pytest.mark.slow

LAST: Final = "Ctrl+C stops it. "
SECONDS: Final = 60.0


class Demo:
    """The demo as a process, on another port than people's."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port, self.said = folder, port, folder / "said.txt"

    def command(self, folder: str) -> list[str]:
        run = "sys.exit(demo.main(pathlib.Path(sys.argv[1])))"
        return [sys.executable, "-c", f"import pathlib, sys, api.demo as demo; demo.PORT = {self.port}; {run}", folder]

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        """What it printed until it had nothing more to say; ended as by Ctrl+C."""
        with self.said.open("wb") as said:
            process = subprocess.Popen(self.command("var"), cwd=self.folder, stdout=said, stderr=said)
        try:
            deadline = time.monotonic() + SECONDS
            while LAST not in self.said.read_text() and time.monotonic() < deadline:
                assert process.poll() is None, self.said.read_text()
                time.sleep(0.1)
            yield self.said.read_text()
            process.send_signal(signal.SIGINT)
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()
            process.wait()

    def log_size(self) -> int:
        checkpoint = httpx.get(f"http://127.0.0.1:{self.port}/log/checkpoint", trust_env=False).text
        return int(checkpoint.splitlines()[1])

    def follow(self, command: str) -> str:
        """Run one printed line, as in a shell in the same folder; what it answers."""
        done = subprocess.run(shlex.split(command), cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout


def commands(said: str) -> list[str]:
    return [line.strip() for line in said.splitlines() if re.match(r" +\S*amparo ", line)]


def test_every_command_of_the_demo_works_as_printed_and_a_second_start_makes_nothing_anew(tmp_path: Path) -> None:
    photo = require.folder(CORPUS / "real") / "train.jpg"
    (tmp_path / "PHOTO.jpg").write_bytes(photo.read_bytes())
    demo = Demo(tmp_path, free_port())
    with demo.running() as said:
        assert "age1" not in said
        upload, request, requests, approve, download, unpack, audit = commands(said)
        case = re.search(r"Case number: (\S+)", demo.follow(upload))
        assert case is not None
        asked = demo.follow(request.replace("CASE", case[1])).splitlines()[0]
        assert asked in demo.follow(requests)
        demo.follow(approve.replace("REQUEST", asked))
        demo.follow(download.replace("REQUEST", asked))
        demo.follow(unpack)
        assert (tmp_path / "case" / "report.html").is_file()
        demo.follow(audit)
        size = demo.log_size()
    with demo.running() as said_again:
        assert demo.log_size() == size
        assert "Made a demo vault" not in said_again
        assert commands(said_again) == commands(said)
        assert "the first" in demo.follow(audit)


def test_beside_another_demo_nothing_is_made(tmp_path: Path) -> None:
    demo = Demo(tmp_path, free_port())
    with demo.running():
        second = subprocess.run(
            demo.command("second"), cwd=tmp_path, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    assert second.returncode == 2
    assert "something else listens" in second.stderr
    assert "another demo" in second.stderr
    assert not (tmp_path / "second").exists()
