"""What can be wrong with an age file, key or header.

AgeError
├── HeaderError       the header is malformed, too large, or holds a stanza its own type forbids
├── NoMatch           no identity at hand unwraps the file key
├── HmacError         the header was changed: its HMAC is not that of the file key
├── PayloadError      the payload was changed, cut, extended, or encrypted with another file key
├── ArmorError        the ASCII armor is not the strict PEM of the specification
├── Bech32Error       text is not Bech32
├── RecipientError    text or bytes are not a recipient of a known kind
└── IdentityError     text is not an identity, or not an identity file

The first four are the outcomes of opening a file, told apart as the age test vectors tell them apart.
No error holds a byte or a word of what was read: `code` is a fixed word, `reason` a fixed phrase, a line a number.
A wrong call (a file key of 15 bytes, an empty list of recipients) is a ValueError or RuntimeError, not one of these.
"""


class AgeError(Exception):
    """Base of the errors of this package; `reason` is a fixed phrase of ours."""

    code = "age-error"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class HeaderError(AgeError):
    """The header is not spelt as age v1 wants it, exceeds our limits, or the file ends before its payload begins."""

    code = "age-header"


class NoMatch(AgeError):
    """The header is well formed, and none of the identities opens any of its stanzas."""

    code = "age-no-match"


class HmacError(AgeError):
    """The header's HMAC does not verify under the file key."""

    code = "age-hmac"


class PayloadError(AgeError):
    """A chunk of the payload does not authenticate, is missing, or follows the final one."""

    code = "age-payload"


class ArmorError(AgeError):
    """The text is not the armor of an age file."""

    code = "age-armor"


class Bech32Error(AgeError):
    """The text is not Bech32 (BIP 173), or its checksum is wrong."""

    code = "age-bech32"


class RecipientError(AgeError):
    """Not a recipient of a known kind, or one whose key is not usable."""

    code = "age-recipient"


class IdentityError(AgeError):
    """Not an identity of a known kind; `line` counts from 1 when it stood in a file, else None."""

    code = "age-identity"

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line
