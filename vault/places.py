"""Where papers lie in the store (docs/formats.md, "Objects in the store")."""

from typing import Final

STAGING: Final = "staging/"
"""The beginning of the keys of all uploads that are not finished."""


def approved_headers(request: str, custodian: str, objects: bytes) -> str:
    """The beginning of the keys of the headers that came with one approval; `objects` is its digest."""
    return f"releases/{request}/headers/{custodian}/{objects.hex()}/"


def approved_header(request: str, custodian: str, objects: bytes, key: str) -> str:
    """The header that a custodian wrapped to the partner for the object `key`."""
    return f"{approved_headers(request, custodian, objects)}{key}.header"


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


def exhibit_of_header(key: str) -> str:
    """The exhibit that the header of an approval, stored at `key`, is of; empty for other papers of a release."""
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
