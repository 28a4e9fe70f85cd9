"""A timestamp authority (RFC 3161), as the trust anchor names it."""

from dataclasses import dataclass
from typing import Final

from evidence.canonical import Json
from evidence.errors import DocumentError
from evidence.fields import Fields
from evidence.identity import NAME_PATTERN

PEM_LIMIT: Final = 64 * 1024  # characters


@dataclass(frozen=True, slots=True)
class Authority:
    """Whom to ask, and the PEM certificates to believe it by; `timestamps.chain` reads them.

    A certificate that signed itself is a root; others lead from a root to the authority's own.
    """

    name: str
    url: str
    certificates: str

    def __post_init__(self) -> None:
        if not NAME_PATTERN.fullmatch(self.name):
            raise DocumentError("timestamp authority: a name that it may not have")

    @classmethod
    def from_json(cls, value: Json) -> "Authority":
        """Read a member of the trust anchor."""
        fields = Fields(value, "timestamp authority")
        authority = cls(fields.text("name", 64), fields.text("url", 2048), fields.text("certificates", PEM_LIMIT))
        fields.done()
        return authority

    def to_json(self) -> Json:
        """As it stands in the trust anchor."""
        return {"name": self.name, "url": self.url, "certificates": self.certificates}
