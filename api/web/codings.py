"""Content codings (RFC 9110, section 8.4) for what holds no secret: a first visit may be paid for by the kilobyte.

A page that shows a receipt or a case is never compressed: its length would tell of what is in it.
"""

import gzip
from collections.abc import Iterable, Mapping
from functools import lru_cache


def accepted(accept_encoding: str | None, offered: Iterable[str]) -> str:
    """The first of the codings `offered` that the browser takes, else `identity`. Weights do not count, but 0 does."""
    taken = set()
    for item in (accept_encoding or "").lower().split(","):
        name, _, parameter = item.partition(";")
        weight = parameter.strip().removeprefix("q=").strip()
        if weight.replace("0", "").strip(".") or not weight:
            taken.add(name.strip())
    return next((coding for coding in offered if coding in taken), "identity")


def coded_headers(coding: str) -> Mapping[str, str]:
    """The headers of a body in this coding."""
    return {"Vary": "Accept-Encoding", **({} if coding == "identity" else {"Content-Encoding": coding})}


@lru_cache(maxsize=64)
def gzipped(page: str) -> bytes:
    """A page, compressed; the few that there are (one for each language) are compressed once."""
    return gzip.compress(page.encode(), compresslevel=9, mtime=0)
