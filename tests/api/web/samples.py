"""Every page there is, filled with what a real report holds."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from api.web.pages import Pages
from api.web.views import ExhibitView, Page, ReportView

LIMIT: Final = 500_000_000
ACCEPTED: Final = ("image/jpeg", "image/heic", "video/mp4", "video/quicktime", "video/3gpp")
PHOTO: Final = ExhibitView(
    number=1,
    media_type="image/jpeg",
    size_bytes=3_412_345,
    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    removed=("jpeg/exif/gps", "jpeg/exif/makernote", "jpeg/xmp", "jpeg/exif/software"),
    outcome="clean",
)
VIDEO: Final = ExhibitView(
    number=2,
    media_type="video/mp4",
    size_bytes=104_857_600,
    sha256="60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    removed=("mp4/udta/©xyz", "mp4/track/mebx", "mp4/unheard-of"),
    outcome="clean",
)
UNREADABLE: Final = ExhibitView(
    number=3,
    media_type="application/octet-stream",
    size_bytes=900,
    sha256="fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13",
    removed=(),
    outcome="unstripped",
)
PLAIN: Final = ExhibitView(
    number=4,
    media_type="image/png",
    size_bytes=90_000,
    sha256="a4e624d686e03ed2767c0abd85c14426b0b1157d2ce81d27bb4fe4f6f01d688a",
    removed=(),
    outcome="clean",
)
RECEIPT: Final = "4071920365882146"
REPORT: Final = ReportView(
    case="CASE-58213-QX",
    receipt=RECEIPT,
    exhibits=(PHOTO, VIDEO, UNREADABLE, PLAIN),
    keep_place=False,
    statement=True,
)
PART: Final = replace(REPORT, exhibits=(PHOTO,), refused=(2, 4))


def every_page(pages: Pages, locale: str = "en") -> Mapping[str, Page]:
    """One of each, by the name of its method."""
    return {
        "home": pages.home(locale, accepted=ACCEPTED, file_bytes=LIMIT // 2, file_count=50),
        "receipt": pages.receipt(locale, REPORT),
        "receipt-of-a-part": pages.receipt(locale, PART, accepted=ACCEPTED),
        "receipt-of-words": pages.receipt(locale, replace(PART, exhibits=()), accepted=ACCEPTED),
        "lookup": pages.lookup(locale),
        "case": pages.case(locale, replace(REPORT, keep_place=None)),
        "withdrawal": pages.withdrawal(locale, (1, 3)),
        "withdrawal-of-everything": pages.withdrawal(locale, None),
        "withdrawn": pages.withdrawn(locale, (1, 3)),
        "withdrawn-everything": pages.withdrawn(locale, None),
        "help": pages.help(locale),
        "left": pages.left(locale),
        "problem": pages.problem(locale, 413, "The files are too big", "Send fewer files, or a shorter video."),
        "problem-with-receipt": pages.problem(locale, 404, "No such receipt", "Type it again.", with_receipt=True),
    }
