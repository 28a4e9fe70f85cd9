"""`amparo doctor`: whether this machine is fit for its vault."""

import argparse
from pathlib import Path

from api.cli.checks import report_checks
from api.cli.failures import CommandError
from api.cli.output import warn
from api.cli.vaults import opened
from evidence.verify import Check
from vault.errors import VaultError
from vault.soundness import Finding, examine

HELP = "check that a machine is fit for its vault, and say what to do where it is not"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="the vault; the service may be running")
    parser.add_argument("--json", action="store_true", help="print the checks as JSON")


def run(args: argparse.Namespace) -> int:
    """Check everything that can be; 1 when something is not as it should be."""
    findings = _findings(args.folder)
    checks = [Check(number, each.name, each.ok, each.detail) for number, each in enumerate(findings, 1)]
    report_checks(checks, as_json=args.json)
    for each in findings:
        if not each.ok:
            warn(f"{each.name}: {each.detail}", each.do)
    return 0 if all(each.ok for each in findings) else 1


def _findings(folder: Path) -> list[Finding]:
    try:
        with opened(folder) as vault:
            return [Finding("vault", ok=True, detail="settings, keys and database open"), *examine(vault)]
    except CommandError as error:
        return [Finding("vault", ok=False, detail=error.sentence, do=error.hint)]
    except VaultError as error:
        return [Finding("vault", ok=False, detail=error.reason, do="see docs/errors.md, and correct what is named")]
