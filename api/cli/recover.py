"""`amparo recover`: open what takes several custodians, from the store alone. No vault or service is needed.

`shares`, on each custodian's computer: their parts of all keys, sealed to the one who joins them. `join`: plain age
headers, and `open.sh`, by which stock age opens everything. Nothing is decrypted here but records.
"""

import argparse
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from api.cli.extensions import extension_of
from api.cli.failures import CheckFailed, WrongUse
from api.cli.keys import load_identity, load_public
from api.cli.output import new_directory, new_file, require_free, say, warn
from evidence.bundle import exhibit_folder
from evidence.errors import EvidenceError
from evidence.exhibit import ExhibitRecord
from vault import recovering
from vault.age.errors import AgeError
from vault.age.recipients import parse_recipient
from vault.answers import Answer
from vault.errors import SharesMissing
from vault.recovering import PURPOSE, Found
from vault.sealing import seal_bytes
from vault.store.filesystem import FilesystemStore

HELP = "open a store when the server is gone, with as many custodians as the quorum"
_SHARES_LIMIT = 1 << 28  # bytes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    work = parser.add_subparsers(dest="work", required=True, metavar="WORK")
    shares = work.add_parser("shares", help="write your shares of all keys, sealed to the custodian who joins them")
    shares.add_argument("store", metavar="STORE", type=Path, help="a folder with a copy of the vault's store")
    shares.add_argument("-i", dest="identity", metavar="KEY", type=Path, required=True, help="your key file")
    shares.add_argument("--to", metavar="FILE.pub", type=Path, required=True, help="the public line of who joins them")
    shares.add_argument("-o", dest="output", metavar="FILE", type=Path, required=True)
    joining = work.add_parser("join", help="join shares: write age headers, and how to open everything with age")
    joining.add_argument("store", metavar="STORE", type=Path, help="a folder with a copy of the vault's store")
    joining.add_argument(
        "-i", dest="identities", metavar="KEY", type=Path, action="append", required=True, help="your key file"
    )
    joining.add_argument(
        "--shares", metavar="FILE", type=Path, action="append", default=[], help="what another custodian sent you"
    )
    joining.add_argument("-o", dest="output", metavar="DIR", type=Path, required=True, help="a folder that is made")


def run(args: argparse.Namespace) -> int:
    """Do one of them."""
    if not args.store.is_dir() or not (args.store / "exhibits").is_dir():
        raise WrongUse(f"{args.store} is no copy of a store", "name the folder in which exhibits/ lies")
    return _shares(args) if args.work == "shares" else _join(args)


def _shares(args: argparse.Namespace) -> int:
    identity, line = load_identity(args.identity)
    recipient = load_public(args.to)
    require_free(args.output)
    parts = recovering.own_parts(FilesystemStore(args.store), identity, _Damaged())
    sealed = seal_bytes(Answer(PURPOSE, line.key_id, parts).encode(), [parse_recipient(recipient.recipient)])
    with new_file(args.output) as file:
        file.write(sealed)
    say(f"{args.output}: your shares of {len(parts)} objects, which only {recipient.name} can open. Send it to them.")
    return 0


def _join(args: argparse.Namespace) -> int:
    store = FilesystemStore(args.store)
    people = [load_identity(path) for path in args.identities]
    first, own = people[0]
    damaged = _Damaged()
    answers = {
        line.name: Answer(PURPOSE, line.key_id, recovering.own_parts(store, each, damaged)) for each, line in people
    }
    for path in args.shares:
        try:
            answers[str(path)] = recovering.opened_answer(_read(path), first)
        except (AgeError, EvidenceError) as error:
            warn(f"{path} holds no shares for {own.name}: {error.reason}", "ask for it again, with your public line")
    found, wrong, missing = list(recovering.objects(store, first, damaged)), set[str](), 0
    with new_directory(args.output) as folder:
        opened = []
        for each in found:
            try:
                combined = recovering.join(each, answers)
            except SharesMissing as error:
                missing = max(missing, error.missing)
                wrong |= _told(error.wrong, wrong)
                continue
            except recovering.FAULTS:
                damaged(each.key)
                continue
            wrong |= _told(combined.wrong, wrong)
            name, data = recovering.reheaded(store, each, combined.file_key, first.recipient)
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(data)
            opened.append(each)
        (folder / "open.sh").write_text(_script(opened, args.store.resolve()), "utf-8")
        if missing and not opened:
            raise _too_few(missing)
    say(f"{args.output}: headers to {own.name} for {len(opened)} of {len(found)} objects.")
    say(f"Next, where age and your key are: cd {args.output} && sh open.sh KEY")
    if missing:
        raise _too_few(missing)
    return 1 if damaged.any else 0


class _Damaged:
    """Names each damaged object once."""

    def __init__(self) -> None:
        self._named: set[str] = set()

    @property
    def any(self) -> bool:
        """Whether anything was damaged."""
        return bool(self._named)

    def __call__(self, key: str) -> None:
        if key not in self._named:
            self._named.add(key)
            warn(f"{key} is damaged, or not sealed to this key", "look for it in another copy of the store")


def _too_few(missing: int) -> CheckFailed:
    return CheckFailed(
        f"some keys lack shares of {missing} more", "ask other custodians for: amparo recover shares, then join again"
    )


def _told(wrong: Mapping[str, str], before: set[str]) -> set[str]:
    """Name those who were not named yet."""
    for name, fault in sorted(wrong.items()):
        if name not in before:
            warn(f"{name} {fault}", "ask them for their shares again")
    return set(wrong)


def _script(opened: Iterable[Found], store: Path) -> str:
    """Commands for age and the shell's own tools; every file gets its case and number as its name."""
    lines = [
        "# Opens what `amparo recover join` made headers for: sh open.sh KEY",
        "# Needs age; for a post-quantum key, age 1.3 or newer.",
        "set -e",
        "umask 077",
    ]
    for each in opened:
        stem = f"{each.record.case}-{exhibit_folder(each.record.number)}"
        if not each.is_media:
            lines.append(f'age -d -i "$1" {each.key} > {stem}.withheld.json')
            continue
        kind = extension_of(each.record.media_type) if isinstance(each.record, ExhibitRecord) else ".part"
        payload = shlex.quote(str(store / f"{each.key}.payload"))
        for place, (offset, length) in enumerate(each.stretches):
            cut = f"tail -c +{offset + 1} {payload} | head -c {length}"
            into = ">" if place == 0 else ">>"
            lines.append(f'{{ cat {each.key}.header; {cut}; }} | age -d -i "$1" {into} {stem}{kind}')
    return "\n".join(lines) + "\n"


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_SHARES_LIMIT)
