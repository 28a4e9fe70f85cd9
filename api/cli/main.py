"""`amparo`: find the command, load it alone, run it, and turn what goes wrong into a sentence and an exit code."""

import argparse
import contextlib
import importlib
import importlib.metadata
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Final, NoReturn, Protocol, cast

from api.cli.failures import CHECK_FAILED, FORESEEN, INTERRUPTED, WRONG_USE, explain
from api.cli.output import warn

COMMANDS: Final = (
    ("keygen", "keygen", "make a new identity: a secret key file and its public line"),
    ("words", "words", "show the six words of a public line, to compare them by voice"),
    ("init", "init", "make a new vault"),
    ("serve", "serve", "start the service of a vault"),
    ("upload", "upload", "send a statement and files to a vault, as a source"),
    ("custodian", "custodian", "a custodian's work: enrol, review, approve or deny"),
    ("partner", "partner", "a partner's work: request a case and download its bundle"),
    ("open", "open", "verify a bundle, then decrypt it into a new folder"),
    ("verify", "verify", "check of a bundle what can be checked without a key"),
    ("audit", "audit", "check a vault's custody log: that it only grew, and that its rules held"),
    ("redact", "redact", "blank what tells place or person in a photo or video; no vault needed"),
    ("verify-redaction", "verify_redaction", "check a redacted file against the proof that redact wrote"),
    ("inspect", "inspect", "show what a photo or video tells of place and person"),
    ("blur", "blur", "cover faces and marked places in a photo or video, for publication; no vault needed"),
    ("fixity", "fixity", "check every stored object of a vault against its records; needs no key"),
    ("rebuild", "rebuild", "make a vault's database anew from its store"),
    ("policy", "policy", "change which log witnesses cosign a vault's log"),
    ("authority", "authority", "change which timestamp authorities stamp a vault's log (RFC 3161)"),
    ("witness", "witness", "run a log witness: cosign the logs of other organisations"),
    ("recover", "recover", "open a store when the server is gone, with as many custodians as the quorum"),
    ("doctor", "doctor", "check that a machine is fit for its vault, and say what to do where it is not"),
    ("metrics", "metrics", "what an operator may watch of a vault, as Prometheus reads it"),
    ("notices", "notices", "show whom a vault tells that something is new, and try it"),
    ("backup", "backup", "write a vault into one file that its custodians can open"),
    ("restore", "restore", "make a vault's folder from a backup, and check it"),
)
"""Name, module in `api.cli`, and what the command's own `HELP` says, so that `--help` need not load them."""

_DESCRIPTION: Final = "An evidence vault for rights violations: it can seal but never open."


class Command(Protocol):
    """What a command's module has."""

    HELP: str

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""
        ...

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Do it; the exit code."""
        ...


class _Ended(BaseException):
    """A signal asked the command to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in the form of `output`, with the exit code of wrong use."""

    def error(self, message: str) -> NoReturn:
        warn(message, f"{self.prog} --help")
        sys.exit(WRONG_USE)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that cannot show a sign must not end us
        with _ending_by_signal():
            code = _run(words)
            sys.stdout.flush()
            return code
    except _Ended as ended:
        # Once everything is cleaned up, end by the signal itself: supervisors tell that from a failure.
        signal.signal(ended.number, signal.SIG_DFL)
        signal.raise_signal(ended.number)
        return 128 + ended.number
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else CHECK_FAILED
    except KeyboardInterrupt:
        warn("stopped; nothing half-done was kept")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough. The interpreter flushes once more at its end: into nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CHECK_FAILED
    except FORESEEN as error:
        told = explain(error)
        warn(told.sentence, told.hint)
        return told.exit_code


def load(module: str) -> Command:
    """The module of one command."""
    found = importlib.import_module(f"api.cli.{module}")  # noqa: TID251 - loaded by name, so that no command loads the others
    return cast("Command", found)


def parser_of(name: str) -> tuple[argparse.ArgumentParser, Callable[[argparse.Namespace], int]]:
    """The parser of one command, and what runs it; KeyError when there is no such command."""
    command = load({each: module for each, module, _ in COMMANDS}[name])
    parser = _Parser(prog=f"amparo {name}", description=f"{command.HELP[0].upper()}{command.HELP[1:]}.")
    command.add_arguments(parser)
    return parser, command.run


def _run(words: list[str]) -> int:
    if not words or words[0].startswith("-"):
        parser = _top()
        parser.parse_args(words)
        parser.print_help(sys.stderr)
        return WRONG_USE
    try:
        parser, run = parser_of(words[0])
    except KeyError:
        warn("there is no such command", "amparo --help")
        return WRONG_USE
    return run(parser.parse_args(words[1:]))


def _top() -> argparse.ArgumentParser:
    width = max(len(name) for name, _, _ in COMMANDS)
    lines = "\n".join(f"  {name:{width}}  {text}" for name, _, text in COMMANDS)
    parser = _Parser(
        prog="amparo",
        usage="amparo [--help] [--version] COMMAND …",
        description=_DESCRIPTION,
        epilog=f"commands:\n{lines}\n\namparo COMMAND --help tells more about one of them",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"amparo {importlib.metadata.version('amparo')}")
    return parser


@contextlib.contextmanager
def _ending_by_signal() -> Iterator[None]:
    """Let a terminated command clean up (remove partial files) before it ends."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        raise _Ended(number)

    try:
        before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    except ValueError:  # not the main thread: whoever runs us there has handlers of its own
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
