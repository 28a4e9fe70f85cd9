"""The bundle's README: the same commands in each language, with the numbers of the bundle in them."""

import re
from importlib.resources import files

from api.web.bundle_texts import LANGUAGES, LINE, read_me

COMMAND = re.compile(r"^  ((?:amparo|unzip|cd|sha256sum|age) .*)$", re.MULTILINE)
PLACE = re.compile(r"^  (data/\S+)", re.MULTILINE)


def test_every_language_names_the_same_commands_and_files() -> None:
    parts = read_me("REQ-1", "ABCD-2345").split(LINE)[1:]
    assert len(parts) == len(LANGUAGES) == 3
    said = [[re.sub(r"-i \S+\.key", "-i KEY", each) for each in COMMAND.findall(part)] for part in parts]
    assert said[0] == said[1] == said[2]
    assert said[0][0] == "amparo open REQ-1.zip -i KEY -o case-ABCD-2345 --trust trust.json"
    assert len({tuple(PLACE.findall(part)) for part in parts}) == 1
    assert all("{" not in part for part in parts)
    assert all(len(line) <= 80 for part in parts for line in part.splitlines())


def test_every_text_in_the_folder_is_given_out() -> None:
    folder = files("api.web").joinpath("templates", "bundle")
    assert {each.name for each in folder.iterdir()} == {f"README.{tag}.txt" for tag in LANGUAGES}
