"""`amparo audit`: check a vault's custody log from outside."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from api.cli.audit_memory import AuditMemory, StateDamaged
from api.cli.audit_page import render
from api.cli.audit_source import AuditSource
from api.cli.audit_workers import each
from api.cli.checks import checks_json
from api.cli.failures import WrongUse
from api.cli.keys import load_identity, load_trust
from api.cli.output import Progress, new_file, print_json, require_free, say, warn
from api.client import Client, Signature
from evidence.audit import Audit, Events, Fetch, audit
from evidence.canonical import Json
from evidence.findings import FAULTS_SHOWN
from evidence.identity import signing_key
from evidence.tlog.merkle import Frontier
from evidence.trust import Trust
from vault.clock import SystemClock

HELP = "check a vault's custody log: that it only grew, and that its rules held"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("server", metavar="URL", help="the vault's address")
    parser.add_argument(
        "--trust", metavar="FILE", type=Path, required=True, help="the trust anchor, from the organisation"
    )
    parser.add_argument(
        "-i", dest="identity", metavar="KEY", type=Path, help="an auditor's identity: checks every event"
    )
    parser.add_argument(
        "--state", metavar="FILE", type=Path, help="what was seen last time: only what is new is read; updated"
    )
    parser.add_argument("--full", action="store_true", help="read every event again, those of earlier audits too")
    parser.add_argument(
        "--acknowledge",
        action="store_true",
        help="update the state although rules were broken, so that these faults are told once; never for a changed log",
    )
    parser.add_argument("--html", metavar="FILE", type=Path, help="write the result as a page")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Audit; exit 1 when a check fails."""
    trust = load_trust(args.trust)
    auth = None
    if args.identity is not None:
        identity, line = load_identity(args.identity)
        auth = Signature(line, signing_key(identity.secret))
    if args.html is not None:
        require_free(args.html)
    if args.state is not None and not args.state.parent.is_dir():
        raise WrongUse(f"{args.state.parent} is no folder", "make the folder first")
    now = SystemClock().now()
    with Client(args.server, auth) as client, Progress(None, "auditing", "events") as progress:
        source = AuditSource(client)
        events = source.events if auth is not None else None
        result = audit_from(
            args.state, source.fetch, trust, events, now, progress.update, full=args.full, acknowledge=args.acknowledge
        )
    if args.html is not None:
        with new_file(args.html) as file:
            file.write(render(result, trust, args.server, now).encode())
    if args.json:
        print_json(_json(result))
    else:
        _tell(result)
    for error in source.unserved:
        warn(error.sentence, error.hint)
    return 0 if result.ok else 1


def audit_from(
    path: Path | None,
    fetch: Fetch,
    trust: Trust,
    events: Events | None,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
    *,
    full: bool = False,
    acknowledge: bool = False,
) -> Audit:
    """Go on from the state file at `path`, and update it; where it cannot be used, that is a fault, and all is read."""
    try:
        with AuditMemory(path) as memory:
            state = memory.open()
            if full and state is not None:
                memory.clear()
                state = replace(state, replayed=Frontier(), growth=())
            result = audit(fetch, trust, state, events, memory, now=now, progress=progress, each=each)
            if path is not None and result.state is not None and (result.ok or acknowledge):
                memory.keep(result.state)
            return result
    except StateDamaged as damaged:
        reason = str(damaged)
    with AuditMemory(None) as memory:
        memory.open()
        return audit(fetch, trust, None, events, memory, now=now, unusable_state=reason, progress=progress, each=each)


def _json(result: Audit) -> dict[str, Json]:
    faults: list[Json] = [
        {"number": number, "step": fault.step, "event": fault.event, "what": fault.what, "do": fault.do}
        for number, fault in enumerate(result.faults, 1)
    ]
    summary: dict[str, Json] = {"size": result.size, "root": result.root.hex(), "since": result.since}
    return {**checks_json(result.checks), **summary, "faults": faults}


def _tell(result: Audit) -> None:
    width = max(len(check.name) for check in result.checks)
    for check in result.checks:
        faults = [fault for fault in result.faults if fault.step == check.number]
        seen = check.detail if check.ok else f"{len(faults)} faults, listed below"
        say(f"{'✓' if check.ok else '✗'} {check.number:>2} {check.name:{width}}  {seen}")
    for number, fault in enumerate(result.faults[:FAULTS_SHOWN], 1):
        say(f"{number}. {fault}")
        say(f"   what to do: {fault.do}")
    if len(result.faults) > FAULTS_SHOWN:
        say(f"and {len(result.faults) - FAULTS_SHOWN} more faults, which --json and --html list")
