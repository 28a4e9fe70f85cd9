"""Where the papers of a release lie in the store (docs/formats.md, "Objects in the store")."""


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
