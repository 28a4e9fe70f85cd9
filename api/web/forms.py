"""What the pages' forms send, and where to: the one place that templates and routes both read.

The forms work without JavaScript, so these names are the whole contract between a page and its route.
"""

from collections.abc import Mapping
from typing import Final

HOME_PATH: Final = "/"
REPORT_PATH: Final = "/report"
"""Takes `multipart/form-data`: STATEMENT, KEEP_PLACE, CONSENT, then any number of FILES, in this order."""
RECEIPT_PATH: Final = "/receipt"
"""GET: the empty form. POST `application/x-www-form-urlencoded` with RECEIPT: the case. Never a receipt in a URL."""
WITHDRAWAL_PATH: Final = "/receipt/withdrawal"
"""POST `application/x-www-form-urlencoded` with EXHIBIT, any number of times, or EVERYTHING: the page that asks once
more, and for the receipt."""
WITHDRAW_PATH: Final = "/receipt/withdraw"
"""POST the same with RECEIPT: withdraws."""

CONSENT_PATH: Final = "/receipt/consent"
"""POST `application/x-www-form-urlencoded` with CONSENT and RECEIPT: changes whom the source lets have the case."""

HELP_PATH: Final = "/help"
LEAVE_PATH: Final = "/leave"
MANIFEST_PATH: Final = "/manifest.webmanifest"
ICON_PATH: Final = "/icons/{name}"

STATEMENT: Final = "statement"
KEEP_PLACE: Final = "keep_place"
FILES: Final = "files"
CONSENT: Final = "consent"
"""Whom the source lets have the case: a value of `evidence.consent.Scope`. Without the field, the usual one."""
RECEIPT: Final = "receipt"
EXHIBIT: Final = "exhibit"
"""The number of one file of the case."""
EVERYTHING: Final = "everything"
YES: Final = "yes"
LANGUAGE: Final = "lang"
"""Query parameter: the language the visitor picked, on every path above."""

KEEP: Final = "yes"
DESTROY: Final = "no"
KEEP_PLACE_VALUES: Final[Mapping[str, bool]] = {KEEP: True, DESTROY: False}
"""Every value the form can send for KEEP_PLACE. A form without the field means DESTROY."""
