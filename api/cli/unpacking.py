"""Write a bundle that passed every check as plain files, comparing again what is written with what was checked."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.cli.extensions import extension_of
from api.cli.output import counted
from evidence import bundle as names
from evidence import bundle_stamps
from evidence.archive import Window
from evidence.bundle import BundleCase
from evidence.errors import BagError
from evidence.event import EventType
from evidence.exhibit import ExhibitRecord, header_length, parse_withheld, record_commitment, stored_objects
from evidence.verify import SMALL, Bundle, Opener
from vault.dossier import page as dossier_page

SUMS: Final = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class _Memory:
    """A sealed file read whole, so that what is hashed and what is opened are the same bytes."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


def unpack(bundle: Bundle, opener: Opener, folder: Path, progress: Callable[[int], None]) -> None:
    """Fill `folder`; an EvidenceError when something is not any more what was checked. ValueError unless `bundle.ok`.

    `E01.<ext>`, `statement-1.txt`, `case.json`, `report.html`, `custody/`, `records/`, `withheld/`, `SHA256SUMS`.
    """
    if not bundle.ok or bundle.case is None:
        raise ValueError("only a bundle that passed every check may be written")
    _Unpacking(bundle, bundle.case, opener, folder, progress).run()


class _Unpacking:
    def __init__(
        self,
        bundle: Bundle,
        case: BundleCase,
        opener: Opener,
        folder: Path,
        progress: Callable[[int], None],
    ) -> None:
        self._bundle, self._case = bundle, case
        self._opener, self._folder, self._progress = opener, folder, progress
        self._sums: dict[str, str] = {}

    def run(self) -> None:
        for number, record in sorted(self._bundle.records.items()):
            self._exhibit(number, record)
        self._statements()
        papers = self._bundle.papers
        self._write("case.json", [papers[names.CASE]])
        self._write("custody/events.json", [papers[names.EVENTS]])
        self._write("custody/approvals.json", [papers[names.APPROVALS]])
        self._write("custody/checkpoint", [self._bundle.events[0].proof.checkpoint_note])
        for path in filter(bundle_stamps.is_stamp, sorted(papers)):
            self._write(path.removeprefix("data/"), [papers[path]])
        records = [record for _, record in sorted(self._bundle.records.items())]
        page = dossier_page.render(self._case, self._bundle.events, records, self._bundle.checks)
        self._write("report.html", [page.encode()])
        sums = "".join(f"{digest}  {name}\n" for name, digest in sorted(self._sums.items()))
        self._write(SUMS, [sums.encode()])

    def _exhibit(self, number: int, record: ExhibitRecord) -> None:
        name = names.exhibit_folder(number)
        media = self._window(f"data/{name}/media.age")
        written = self._write(f"{name}{extension_of(record.media_type)}", self._opener(media))
        if written != record.media_sha256:
            raise BagError("an exhibit changed while it was being opened")
        document = self._open(f"data/{name}/record.json.age")
        if self._bundle.sealing(record.exhibit).detail.get("record") != record_commitment(document).hex():
            raise BagError("an exhibit record changed while it was being opened")
        self._write(f"records/{name}.json", [document])
        if f"data/{name}/withheld.json.age" in self._bundle.files:
            document = self._open(f"data/{name}/withheld.json.age")
            if [each.leaf for each in parse_withheld(document)[1]] != [each.leaf for each in record.withheld]:
                raise BagError("the withheld ranges changed while they were being opened")
            self._write(f"withheld/{name}.json", [document])

    def _statements(self) -> None:
        sealed = {
            names.path_of(stored.key, {}): stored.sha256
            for entry in self._bundle.events
            if entry.event.type is EventType.STATEMENT_SEALED and entry.event.case == self._case.case
            for stored in stored_objects(entry.event.detail)
        }
        for path in sorted(path for path in self._bundle.files if path.startswith("data/statement-")):
            memory = self._read(path)
            payload = memoryview(memory.data)[header_length(memory.data) :]
            if hashlib.sha256(payload).digest() != sealed.get(path):
                raise BagError("a statement changed while it was being opened")
            self._write(path.removeprefix("data/").removesuffix(".age"), self._opener(memory))

    def _open(self, path: str) -> bytes:
        return b"".join(self._opener(self._read(path)))

    def _read(self, path: str) -> _Memory:
        window = self._window(path)
        if window.size > SMALL:
            raise BagError(f"{path} is longer than such a paper may be")
        return _Memory(window.read(0, window.size))

    def _window(self, path: str) -> Window:
        window = self._bundle.files.get(path)
        if window is None:
            raise BagError(f"{path} is missing")
        return window

    def _write(self, name: str, chunks: Iterable[bytes]) -> bytes:
        """Write one file, mode 600; its SHA-256."""
        path = self._folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        digest = hashlib.sha256()
        with path.open("xb") as file:
            path.chmod(0o600)
            for chunk in counted(chunks, self._progress):
                digest.update(chunk)
                file.write(chunk)
        self._sums[name] = digest.hexdigest()
        return digest.digest()
