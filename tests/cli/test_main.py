import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from api.cli.main import COMMANDS, load
from api.cli.output import say, warn
from tests.cli.commands import Amparo, assert_explained, assert_wrong_use, process
from tests.paths import ROOT

MODULES = [pytest.param(name, module, text, id=name) for name, module, text in COMMANDS]


def test_help_lists_every_command_with_what_it_does(amparo: Amparo) -> None:
    said = amparo("--help")
    assert said.code == 0
    assert [line for name, _, text in COMMANDS if (line := f"{name:16}  {text}") not in said.out] == []


def test_help_and_version_load_no_command() -> None:
    code = (
        "import sys\nfrom api.cli.main import main\nmain(['--help'])\nmain(['--version'])\n"
        "print([name for name in sys.modules if name in ('fastapi', 'sqlalchemy', 'minio', 'api.cli.open')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-2:] == ["amparo 0.1.0", "[]"]


@pytest.mark.parametrize(("name", "module", "text"), MODULES)
def test_command_has_help_that_says_what_the_list_says(amparo: Amparo, name: str, module: str, text: str) -> None:
    if find_spec(f"api.cli.{module}") is None:
        pytest.skip(f"{name} is not in this version")
    assert text == load(module).HELP
    said = amparo(name, "--help")
    assert said.code == 0
    assert said.out.startswith(f"usage: amparo {name}")
    assert text[1:] in " ".join(said.out.split())


@pytest.mark.parametrize("words", [[], ["nonsense"], ["--nonsense"], ["keygen"], ["verify", "--nonsense"]])
def test_wrong_use_is_explained_and_ends_with_2(amparo: Amparo, words: list[str]) -> None:
    said = amparo(*words)
    assert said.code == 2
    assert said.out == ""
    if words:
        assert_explained(said)


def test_missing_file_is_wrong_use_and_named(amparo: Amparo, tmp_path: Path) -> None:
    said = amparo("inspect", tmp_path / "nothing.jpg")
    assert_wrong_use(said)
    assert "nothing.jpg: no such file" in said.err


def test_folder_in_place_of_a_file_is_wrong_use(amparo: Amparo, tmp_path: Path) -> None:
    assert_wrong_use(amparo("inspect", tmp_path))


def test_named_pipe_does_not_make_a_command_wait(amparo: Amparo, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert_wrong_use(amparo("inspect", tmp_path / "pipe"))


def test_reader_that_closes_the_pipe_is_no_reason_for_a_traceback() -> None:
    command = f"{sys.executable} -m api.cli.main --help | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr == ""


def test_control_characters_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\x1b[2Jb")
    warn("c\x07d", "e\x9bf")
    captured = capsys.readouterr()
    assert captured.out == "a\N{REPLACEMENT CHARACTER}[2Jb\n"
    assert "\x07" not in captured.err
    assert "\x9b" not in captured.err


def test_terminal_that_knows_ascii_only_is_no_reason_to_fail(tmp_path: Path) -> None:
    said = process("keygen", "somebody", "-o", tmp_path / "key", env={"PYTHONIOENCODING": "ascii"})
    assert said.code == 0
    assert (tmp_path / "key.pub").read_text() == said.out


def test_command_that_is_told_to_end_leaves_nothing_behind(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib\n"
        "from api.cli import main, output\n"
        "def work(words):\n"
        f"    with output.new_directory(pathlib.Path({str(tmp_path / 'out')!r})) as folder:\n"
        "        (folder / 'plain').write_text('x'); print('ready', flush=True); time.sleep(60)\n"
        "main._run = work\n"
        "sys.exit(main.main(['x']))"
    )
    for number, expected in ((signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP)):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT, text=True) as running:
            assert running.stdout is not None
            assert running.stdout.readline() == "ready\n"
            time.sleep(0.05)
            running.send_signal(number)
            assert running.wait(60) == expected
        assert list(tmp_path.iterdir()) == []
