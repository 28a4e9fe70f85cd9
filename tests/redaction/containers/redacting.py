"""Redact a made-up file and say what must hold of every one."""

from redaction.blanking import blank
from redaction.finding import Outcome
from redaction.planner import Plan, plan
from redaction.reader import BytesReader

SECRET = b"+48.858370+002.294481/"
LONG = b"somebody was here " * 4


def redacted(data: bytes) -> tuple[Plan, bytes]:
    """The plan and the file after it."""
    found = plan(BytesReader(data))
    return found, b"".join(blank([data], found.findings))


def clean(data: bytes, *gone: bytes) -> bytes:
    """Redact; all of `gone` must be gone, the length kept, and a second redaction must find nothing."""
    found, after = redacted(data)
    assert (found.outcome, found.reason) == (Outcome.CLEAN, "")
    assert len(after) == len(data)
    for secret in gone:
        assert secret in data
        assert secret not in after
    assert plan(BytesReader(after)).findings == ()
    return after
