"""Where papers lie in the store (docs/formats.md, "Objects in the store")."""

import hashlib
from typing import Final

from evidence.ids import ExhibitId

STAGING: Final = "staging/"
"""The beginning of the keys of all uploads that are not finished."""


def objects_folder(request: str) -> str:
    """The beginning of the keys of the lists of objects that custodians approved."""
    return f"releases/{request}/objects/"


def approved_objects(request: str, digest: bytes) -> str:
    """The list of objects whose digest an approval holds."""
    return f"{objects_folder(request)}{digest.hex()}.json"


def approved_answer(request: str, digest: bytes) -> str:
    """The answer, an age file to the partner, whose SHA-256 an approval holds."""
    return f"releases/{request}/answers/{digest.hex()}.age"


def bundle_parts(request: str) -> str:
    """The list of a bundle's parts, written last: once it is there, the bundle can be served."""
    return f"releases/{request}/parts.json"


def bundle_files(request: str) -> str:
    """The beginning of the keys of the bundle's small files."""
    return f"releases/{request}/bag/"


def release_papers(request: str) -> str:
    """The beginning of the keys of everything that a release wrote."""
    return f"releases/{request}/"


def exhibit_papers(exhibit: str) -> str:
    """The beginning of the keys of an exhibit's sealed objects."""
    return f"exhibits/{exhibit}/"


def case_papers(case: str) -> str:
    """The beginning of the keys of a case's statements, receipt views and `case.json`."""
    return f"cases/{case}/"


def receipt_view(case: str, exhibit: str) -> str:
    """What the receipt page shows of an exhibit, sealed under the receipt."""
    return f"{case_papers(case)}receipt/{exhibit}"


def exhibit_of(key: str) -> str:
    """The exhibit that a stored object is of; empty for statements."""
    return key.removeprefix("exhibits/").partition("/")[0] if key.startswith("exhibits/") else ""


def exhibit_of_header(key: str) -> str:
    """The exhibit of a header that came with an approval of a former version; empty for other papers of a release."""
    return key.partition("/exhibits/")[2].partition("/")[0]


def staged_papers(upload: str) -> str:
    """The beginning of the keys of everything that waits of one upload."""
    return f"{STAGING}{upload}/"


def staged_facts(upload: str) -> str:
    """What is known of an upload, with its file key wrapped for who sends it."""
    return f"{staged_papers(upload)}upload.json"


def staged_header(upload: str) -> str:
    """The age header to the custodians, for every piece of the upload."""
    return f"{staged_papers(upload)}header"


def staged_piece(upload: str, offset: int, ticket: int) -> str:
    """The age payload of what one request brought from an offset on."""
    return f"{staged_papers(upload)}{offset:016d}-{ticket:08d}.payload"


def interrupted_exhibit(upload: str) -> ExhibitId:
    """The exhibit that an upload becomes when it is never finished: known from the beginning, and always the same."""
    return ExhibitId(hashlib.sha256(b"amparo/interrupted/v1/" + upload.encode()).hexdigest()[:32])
