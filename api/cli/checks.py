"""Show numbered checks, to people and to programs."""

from collections.abc import Sequence

from api.cli.output import print_json, say
from evidence.canonical import Json
from evidence.verify import Check


def show_checks(checks: Sequence[Check]) -> None:
    """One line per check: a tick or a cross, number, name, and what was seen."""
    width = max((len(check.name) for check in checks), default=0)
    for check in checks:
        say(f"{'✓' if check.ok else '✗'} {check.number:>2} {check.name:{width}}  {check.detail}")


def checks_json(checks: Sequence[Check]) -> dict[str, Json]:
    """`{"ok", "checks": [{"number", "name", "ok", "detail"}]}`."""
    items: list[Json] = [
        {"number": check.number, "name": check.name, "ok": check.ok, "detail": check.detail} for check in checks
    ]
    return {"ok": all(check.ok for check in checks), "checks": items}


def report_checks(checks: Sequence[Check], *, as_json: bool) -> None:
    """The checks in the form that the person asked for."""
    if as_json:
        print_json(checks_json(checks))
    else:
        show_checks(checks)
