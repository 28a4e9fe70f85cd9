"""The public log is served as c2sp.org/tlog-tiles asks: kinds of content, how long each may be kept, no way around."""

import httpx
import pytest

from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.note import Note
from evidence.tlog.tiles import entries_path, tile_path
from tests.service import World


def get(world: World, path: str) -> httpx.Response:
    return httpx.get(f"{world.address}/log/{path}", trust_env=False)


def size(world: World) -> int:
    return Checkpoint.parse(Note.parse(get(world, "checkpoint").content).text).size


def test_a_checkpoint_is_text_and_kept_for_seconds(world: World) -> None:
    answer = get(world, "checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=5"


def test_tiles_and_entries_are_bytes_that_never_change(world: World) -> None:
    width = size(world)
    for path in (tile_path(0, 0, width), entries_path(0, width)):
        answer = get(world, path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_what_is_served_for_one_checkpoint_is_served_when_the_log_has_grown(world: World) -> None:
    before = size(world)
    where = [tile_path(0, 0, before), entries_path(0, before)]
    first = [get(world, path).content for path in where]
    world.report([], "one more")
    assert size(world) > before
    assert [get(world, path).content for path in where] == first


@pytest.mark.parametrize("path", ["tile/0/999", "tile/9/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/entries/x1"])
def test_what_is_no_tile_is_not_found(world: World, path: str) -> None:
    answer = get(world, path)
    assert answer.status_code == 404
    assert "immutable" not in answer.headers["cache-control"]
