"""The headers of a page: nothing is fetched, run, framed, kept or told to anyone but what is named here."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Final

_SENSORS: Final = (
    "accelerometer=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), payment=(), usb=()"
)
CLEAR: Final = '"cache", "cookies", "storage"'
"""Clear-Site-Data of the way out. `"executionContexts"` is left out: browsers that know it load the other open tabs of
the site again, and a page that came as the answer to a form then asks whether to send the form once more."""
_SENDING: Final = "; worker-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types work"
"""The page that sends may run files of ours whose digest it names, ask this server, and start the one worker; no text
becomes a script in it (Trusted Types)."""


def page_headers(*, style: str, script: str, language: str, sends: bool = False) -> Mapping[str, str]:
    """Headers for a page whose one `<style>` and one inline `<script>` hold exactly these (CSP level 3, 2.3.1).

    `language` is the BCP 47 tag of the words on it; `sends`: the page loads the script that sends and films.
    """
    own, cameras = (" 'self'", "(self)") if sends else ("", "()")
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Language": language,
        "Content-Security-Policy": (
            f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}{own}; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'; img-src 'self' data:; manifest-src 'self'"
            f"{_SENDING if sends else ''}"
        ),
        # A page can hold a receipt: no cache on disk, no copy behind the back button.
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": f"{_SENSORS}, camera={cameras}, microphone={cameras}",
    }


def log_page_headers(*, style: str) -> Mapping[str, str]:
    """Headers for the page about the custody log: it may run files of ours, and ask this server."""
    return {
        **page_headers(style=style, script="", language="en"),
        "Content-Security-Policy": (
            f"default-src 'none'; style-src {_hash(style)}; script-src 'self'; connect-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        ),
    }


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"
