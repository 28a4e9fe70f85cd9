"""How custodians and partners see requests on a terminal."""

from typing import Any

from api.cli.output import print_json, say

_JSON_MEMBERS = ("request", "case", "partner", "purpose", "state", "time", "approvals", "quorum")


def print_requests(requests: list[dict[str, Any]], *, as_json: bool) -> None:
    """A table, or the JSON that docs/cli-json.md describes."""
    if as_json:
        print_json([{name: each[name] for name in _JSON_MEMBERS} for each in requests])
        return
    if not requests:
        say("There are no requests.")
    for each in requests:
        approvals = f"{each['approvals']} of {each['quorum']} approvals"
        say(f"{each['request']}  case {each['case']}  {each['state']}  ({approvals})")
        say(f"    {each['time']}  by {each['partner']}: {_printable(each['purpose'])}")


def _printable(text: str) -> str:
    """Somebody else's words, without what could steer a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
