"""How a scope of consent is written in forms and answers (`evidence.consent`)."""

from api.problems import HttpProblem
from evidence.canonical import Json
from evidence.consent import Scope


def scope_of(text: str) -> Scope | None:
    """The scope of this name; None for an empty one. HttpProblem for any other."""
    if not text:
        return None
    try:
        return Scope(text)
    except ValueError:
        raise HttpProblem("malformed-form") from None


def allowed(scope: Scope, code: str) -> dict[str, Json]:
    """The members of an answer: the scope, and the code for the source's lawyer where there is one."""
    return {"consent": scope.value, **({"code": code} if code else {})}
