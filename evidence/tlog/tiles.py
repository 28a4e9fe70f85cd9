"""Where a log's hashes and entries rest (c2sp.org/tlog-tiles): paths, entry bundles, and what to write as it grows.

A tile holds up to 256 hashes of one level: those of subtrees of 256**level leaves each. Everything is read through
`fetch(path) -> bytes`, which raises a LookupError when nothing stands there; paths are relative to the log's prefix.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from evidence.errors import TileError
from evidence.tlog.merkle import HASH_BYTES, Frontier, Node, range_root

TILE_WIDTH: Final = 256
MAX_ENTRY_BYTES: Final = 2**16 - 1
_TILE_LEVELS = 8  # levels of the tree in one tile: 2**8 hashes wide
_CACHED_TILES = 8  # of 8 KiB each: a path to the root has at most one tile per eight levels

Fetch: TypeAlias = Callable[[str], bytes]


def path_index(index: int) -> str:
    """A tile's number in groups of three digits, all but the last marked x: 1234067 is `x001/x234/067`."""
    if index < 0:
        raise ValueError("tiles are numbered from 0")
    last = f"{index % 1000:03}"
    groups = []
    while index >= 1000:
        index //= 1000
        groups.append(f"x{index % 1000:03}")
    return "/".join([*reversed(groups), last])


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Where tile `index` of a tile level (0: leaf hashes) stands; `width` in hashes, 256 when it is full."""
    if not 0 <= level <= 63:
        raise ValueError("no level of tiles")
    return f"tile/{level}/{path_index(index)}{_partial(width)}"


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """Where entry bundle `index` stands; `width` in entries, 256 when it is full."""
    return f"tile/entries/{path_index(index)}{_partial(width)}"


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: each entry after its length as u16be."""
    if not 0 < len(entries) <= TILE_WIDTH or any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise ValueError("a bundle has 1 to 256 entries of at most 65535 bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_entries(data: bytes, width: int | None = None) -> list[bytes]:
    """The entries of a bundle, `width` of them if given; TileError when the bytes are no such bundle."""
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) < TILE_WIDTH:
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        entries.append(data[at + 2 : end])
        at = end
    if at != len(data) or not entries or width not in {None, len(entries)}:
        raise TileError("an entry bundle of another width or length")
    return entries


def width_at(size: int, level: int, index: int) -> int:
    """How many hashes tile `index` of a tile level has in a log of `size` entries: 0 (no tile) to 256 (full)."""
    hashes = size >> (_TILE_LEVELS * level)
    return max(0, min(TILE_WIDTH, hashes - index * TILE_WIDTH))


class TileNodes:
    """The nodes of a log of `size` entries, computed from its tiles.

    `TileNodes(size, fetch).node` is what `merkle.prove_inclusion`, `prove_consistency` and `root` ask for. At most 8
    tiles of 8 KiB are kept. What `fetch` returns is believed; a proof made from it is checked by whoever receives it.
    """

    def __init__(self, size: int, fetch: Fetch) -> None:
        self._size = size
        self._fetch = fetch
        self._tiles: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def node(self, level: int, index: int) -> bytes:
        """The hash of the complete subtree of `2**level` leaves number `index`.

        TileError when a tile is malformed, whatever `fetch` raises when it is absent, ValueError beyond `size`.
        """
        if index < 0 or (index + 1) << level > self._size:
            raise ValueError("the log has no such complete subtree")
        tile_level, height = divmod(level, _TILE_LEVELS)
        tile, first = divmod(index << height, TILE_WIDTH)
        hashes = self._tile(tile_level, tile)
        subtree = Frontier()
        for at in range(first, first + (1 << height)):
            subtree.append(hashes[at * HASH_BYTES : (at + 1) * HASH_BYTES])
        return subtree.root()

    def _tile(self, level: int, index: int) -> bytes:
        found = self._tiles.pop((level, index), None)
        if found is None:
            found = fetch_tile(self._size, level, index, self._fetch)
            if len(self._tiles) == _CACHED_TILES:
                self._tiles.popitem(last=False)
        self._tiles[level, index] = found  # moved to the end: the least recently used goes first
        return found


def fetch_tile(size: int, level: int, index: int, fetch: Fetch) -> bytes:
    """The hashes of one tile as it is in a log of `size` entries.

    A log may delete a partial tile once the full one exists, so that one is tried when the partial tile is absent.
    """
    width = width_at(size, level, index)
    stored = width
    try:
        data = fetch(tile_path(level, index, stored))
    except LookupError:
        if stored == TILE_WIDTH:
            raise
        stored = TILE_WIDTH
        data = fetch(tile_path(level, index, stored))
    if len(data) != stored * HASH_BYTES:
        raise TileError("a tile of another width than its path says")
    return data[: width * HASH_BYTES]


def fetch_entries(size: int, index: int, fetch: Fetch) -> list[bytes]:
    """The entries of one bundle as it is in a log of `size` entries; falls back as `fetch_tile` does."""
    width = width_at(size, 0, index)
    try:
        return decode_entries(fetch(entries_path(index, width)), width)
    except LookupError:
        if width == TILE_WIDTH:
            raise
    return decode_entries(fetch(entries_path(index)), TILE_WIDTH)[:width]


def root(size: int, node: Node) -> bytes:
    """The root of the tree over the first `size` leaves."""
    return range_root(0, size, node)


def filled(index: int) -> Iterator[str]:
    """The paths of the tiles that become full with tile `index` of level 0: itself, and those above that it ends."""
    level = 0
    yield tile_path(0, index)
    while (index + 1) % TILE_WIDTH == 0:
        level, index = level + 1, index // TILE_WIDTH
        yield tile_path(level, index)


def new_tiles(old_size: int, new_leaf_hashes: Iterable[bytes], fetch: Fetch) -> Iterator[tuple[str, bytes]]:
    """Every tile to write when these leaves are appended to a log of `old_size` entries, with its path.

    Full tiles come as they fill, a level's before those above; the partial tiles of the new size come last. Tiles that
    the growth leaves as they are (their path and content stay) are not repeated. One tile per level is held.
    """
    growing: list[_GrowingTile] = []
    for leaf in new_leaf_hashes:
        if len(leaf) != HASH_BYTES:
            raise ValueError("a leaf hash has 32 bytes")
        complete, level = leaf, 0
        while complete:
            if level == len(growing):
                growing.append(_GrowingTile(old_size, level, fetch))
            full = growing[level].append(complete)
            if full is None:
                break
            path, data, complete = full
            yield path, data
            level += 1
    for tile in growing:
        yield from tile.partial()


class _GrowingTile:
    """The rightmost tile of one level while hashes are appended."""

    def __init__(self, old_size: int, level: int, fetch: Fetch) -> None:
        self._level = level
        self._index, width = divmod(old_size >> (_TILE_LEVELS * level), TILE_WIDTH)
        self._hashes = bytearray(fetch_tile(old_size, level, self._index, fetch) if width else b"")

    def append(self, subtree: bytes) -> tuple[str, bytes, bytes] | None:
        """Add a hash; the path, bytes and root of the tile when that fills it."""
        self._hashes += subtree
        if len(self._hashes) < TILE_WIDTH * HASH_BYTES:
            return None
        data = bytes(self._hashes)
        path = tile_path(self._level, self._index)
        self._index += 1
        self._hashes.clear()
        tree = Frontier()
        tree.extend(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))
        return path, data, tree.root()

    def partial(self) -> Iterator[tuple[str, bytes]]:
        """The tile as it stands, unless nothing is in it."""
        if self._hashes:
            yield tile_path(self._level, self._index, len(self._hashes) // HASH_BYTES), bytes(self._hashes)


def new_entry_bundles(old_size: int, new_entries: Iterable[bytes], fetch: Fetch) -> Iterator[tuple[str, bytes]]:
    """Every entry bundle to write when these entries are appended to a log of `old_size` entries, with its path."""
    index, width = divmod(old_size, TILE_WIDTH)
    bundle = fetch_entries(old_size, index, fetch) if width else []
    grown = False
    for entry in new_entries:
        bundle.append(entry)
        grown = True
        if len(bundle) == TILE_WIDTH:
            yield entries_path(index), encode_entries(bundle)
            index += 1
            bundle = []
    if grown and bundle:
        yield entries_path(index, len(bundle)), encode_entries(bundle)


def _partial(width: int) -> str:
    if not 0 < width <= TILE_WIDTH:
        raise ValueError("a tile is 1 to 256 wide")
    return "" if width == TILE_WIDTH else f".p/{width}"
