"""`amparo policy`: change who cosigns a vault's log."""

import argparse
from dataclasses import replace
from pathlib import Path

from api.cli.failures import WrongUse
from api.cli.keys import load_policy
from api.cli.output import say
from api.cli.vaults import credentials
from evidence.errors import DocumentError
from evidence.tlog.policy import Policy
from vault.errors import SettingsError
from vault.settings import TRUST_FILE
from vault.setup import change_trust

HELP = "change which log witnesses cosign a vault's log"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="the vault; stop its service first")
    parser.add_argument("policy", metavar="FILE", type=Path, help="the new policy (c2sp.org/tlog-policy)")


def run(args: argparse.Namespace) -> int:
    """Write the trust anchor anew."""
    try:
        policy = Policy.parse(load_policy(args.policy))
        trust = change_trust(args.folder, lambda trust: replace(trust, policy=policy), credentials())
    except (SettingsError, DocumentError) as error:
        raise WrongUse(error.reason, "correct the policy, and try again") from None
    say(f"The trust anchor now names {len(trust.policy.witnesses)} log witnesses.")
    say(
        f"Give {args.folder / TRUST_FILE} once more to everybody who checks bundles or the log, then start the service."
    )
    return 0
