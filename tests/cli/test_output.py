import os
from pathlib import Path

import pytest

from api.cli.failures import WrongUse
from api.cli.output import Progress, new_directory, new_file


def test_file_appears_whole_with_its_mode(tmp_path: Path) -> None:
    with new_file(tmp_path / "a", 0o600) as file:
        file.write(b"text")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == b"text"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert _names(tmp_path) == ["a"]


def test_failure_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _write_and_stop(tmp_path / "a")
    assert _names(tmp_path) == []


def test_existing_file_is_never_replaced_even_when_it_appears_late(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    with pytest.raises(WrongUse), new_file(tmp_path / "old"):
        pytest.fail("the name is taken")
    with pytest.raises(WrongUse), new_file(tmp_path / "late"):
        (tmp_path / "late").write_text("old")
    assert sorted(each.read_text() for each in tmp_path.iterdir()) == ["old", "old"]


def test_dangling_link_counts_as_taken(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WrongUse), new_file(tmp_path / "link"):
        pytest.fail("the name is taken")


def test_file_gets_its_name_where_hard_links_do_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    with new_file(tmp_path / "a") as file:
        file.write(b"text")
    assert (tmp_path / "a").read_bytes() == b"text"
    assert _names(tmp_path) == ["a"]


def test_folder_appears_whole_and_only_for_its_owner(tmp_path: Path) -> None:
    with new_directory(tmp_path / "d") as folder:
        (folder / "inside").write_text("text")
        assert not (tmp_path / "d").exists()
    assert (tmp_path / "d" / "inside").read_text() == "text"
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o700


def test_failure_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _fill_and_stop(tmp_path / "d")
    assert _names(tmp_path) == []


def test_missing_parent_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse), new_directory(tmp_path / "no" / "d"):
        pytest.fail("there is no such parent")


def test_progress_says_nothing_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(10, "working") as progress:
        progress.update(10)
    assert capsys.readouterr().err == ""


def _names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def _write_and_stop(path: Path) -> None:
    with new_file(path) as file:
        file.write(b"text")
        raise KeyboardInterrupt


def _fill_and_stop(path: Path) -> None:
    with new_directory(path) as folder:
        (folder / "inside").write_text("text")
        raise KeyboardInterrupt
