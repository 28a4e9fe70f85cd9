"""The headers of a page: nothing is fetched, run, framed, kept or told to anyone."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Final

_NO_SENSORS: Final = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "payment=(), usb=()"
)


def page_headers(*, style: str, language: str) -> Mapping[str, str]:
    """Headers for a page whose one `<style>` element holds exactly `style` (CSP level 3, section 2.3.1).

    `language` is the BCP 47 tag of the words on it.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Language": language,
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'; img-src 'self' data:"
        ),
        # A page can hold a receipt: no cache on disk, no copy behind the back button.
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": _NO_SENSORS,
    }
