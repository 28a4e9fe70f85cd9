"""How custodians and partners see requests on a terminal."""

from typing import Any

from api.cli.output import print_json, say

_JSON_MEMBERS = (
    "request",
    "case",
    "partner",
    "purpose",
    "state",
    "time",
    "approvals",
    "approved_by",
    "quorum",
    "consent",
)


def print_requests(requests: list[dict[str, Any]], *, as_json: bool) -> None:
    """A table, or the JSON that docs/cli-json.md describes."""
    if as_json:
        print_json([{name: each[name] for name in _JSON_MEMBERS} for each in requests])
        return
    if not requests:
        say("There are no requests.")
    for each in requests:
        say(f"{each['request']}  case {each['case']}  {each['state']}  ({standing(each)})")
        say(f"    {each['time']}  by {each['partner']}: {_printable(each['purpose'])}")
        say(f"    its source allows: {each['consent']}" + (", and chose this partner" if each["chosen"] else ""))


def standing(request: dict[str, Any]) -> str:
    """How far a request is: who approved it, and how many more it takes."""
    given, quorum, names = (
        request["approvals"],
        request["quorum"],
        [_printable(name) for name in request["approved_by"]],
    )
    text = f"{given} of {quorum} approved" + (f" ({', '.join(names)})" if names else "")
    open_still = request["state"] in {"requested", "approved"}
    return f"{text}, still needed: {quorum - given}" if open_still and given < quorum else text


def _printable(text: str) -> str:
    """Somebody else's words, without what could steer a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
