"""`amparo audit`: check a vault's custody log from outside."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api.cli.checks import checks_json, show_checks
from api.cli.keys import load_identity, load_trust
from api.cli.output import Progress, print_json, warn
from api.client import Client, ServerError, Signature
from evidence.audit import AuditState, ServedEvent, audit
from evidence.errors import DocumentError
from evidence.identity import signing_key

HELP = "check a vault's custody log: that it only grew, and that its rules held"
STATE_LIMIT = 1 << 20  # bytes
_REFUSALS = frozenset({"not-signed", "not-allowed", "unreachable"})  # the fault of the asker or the way, not the log's


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("server", metavar="URL", help="the vault's address")
    parser.add_argument(
        "--trust", metavar="FILE", type=Path, required=True, help="the trust anchor, from the organisation"
    )
    parser.add_argument(
        "-i", dest="identity", metavar="KEY", type=Path, help="an auditor's identity: checks every event"
    )
    parser.add_argument("--state", metavar="FILE", type=Path, help="what was seen last time; updated when all is well")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Audit; exit 1 when a check fails."""
    trust = load_trust(args.trust)
    before = None
    if args.state is not None and args.state.exists():
        before = AuditState.parse(args.state.read_bytes()[:STATE_LIMIT])
    auth = None
    if args.identity is not None:
        identity, line = load_identity(args.identity)
        auth = Signature(line, signing_key(identity.secret))
    unserved: list[ServerError] = []
    with Client(args.server, auth) as client, Progress(None, "auditing", "events") as progress:

        def fetch(path: str) -> bytes:
            return client.get_bytes(f"/log/{path}")

        def events(size: int) -> Iterator[ServedEvent]:
            start = 0
            while start < size:
                try:
                    page = _events(client, start, size)
                except ServerError as error:
                    if error.code in _REFUSALS:
                        raise
                    unserved.append(error)  # what was found so far is told all the same; the events count as missing
                    return
                yield from page
                start += len(page)
                if not page:
                    return

        result = audit(fetch, trust, before, events if auth else None, progress.update)
    if args.json:
        print_json({**checks_json(result.checks), "size": result.size, "root": result.root.hex()})
    else:
        show_checks(result.checks)
    for error in unserved:
        warn(error.sentence, error.hint)
    if result.state is not None and args.state is not None:
        _replace(args.state, result.state.encode())
    return 0 if result.ok else 1


def _events(client: Client, start: int, size: int) -> list[ServedEvent]:
    """One page of events. A DocumentError, which the audit reports as a finding, when the answer is none."""
    try:
        answer: Any = client.get("/api/audit/events", start=start, size=size)
        return [ServedEvent(each["event"].encode(), each["database"] is True) for each in answer["events"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DocumentError("the vault's answer is not a page of events") from None


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)
