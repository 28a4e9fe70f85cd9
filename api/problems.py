"""The only place where an error becomes an HTTP status, a stable problem type (RFC 9457) and a next step.

Nothing of the request stands in an answer: titles and next steps are fixed sentences.
"""

from dataclasses import dataclass
from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from evidence.errors import EvidenceError, IdentifierError
from redaction.errors import RedactionError, UnsupportedMedia
from vault import errors as vault_errors
from vault.errors import VaultError

TYPE_PREFIX: Final = "urn:amparo:problem:"
MEDIA_TYPE: Final = "application/problem+json"


class HttpProblem(Exception):
    """A fault in how a request was made; `code` names a row of `PROBLEMS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Problem:
    """What is told: HTTP status, what happened, what to do next."""

    status: int
    title: str
    next_step: str


PROBLEMS: Final[dict[str, Problem]] = {
    "unsupported-media": Problem(
        415,
        "This kind of file is not accepted yet.",
        "Send photos as JPEG, or videos as MP4, MOV or 3GP. Nothing was kept.",
    ),
    "nothing-to-seal": Problem(
        400, "Nothing arrived.", "Write what happened, or choose at least one photo or video, and send again."
    ),
    "too-large": Problem(413, "This is more than the vault takes at once.", "Send fewer or shorter files at a time."),
    "malformed-form": Problem(
        400, "The form did not arrive whole.", "Go back, and send it again. Nothing was kept of this attempt."
    ),
    "malformed-identifier": Problem(
        400, "A number was mistyped.", "A receipt has 16 digits; a case number has eight letters or digits."
    ),
    "unknown-receipt": Problem(
        404, "No case has this receipt.", "Check every digit of the receipt, and type it again."
    ),
    "unknown-case": Problem(404, "No open case has this number.", "Check the number with whoever gave it to you."),
    "unknown-request": Problem(404, "No request has this id.", "List your requests to see their ids."),
    "unknown-person": Problem(404, "Nobody is enrolled under this name.", "List the enrolled people to see the names."),
    "name-taken": Problem(409, "This name or key was enrolled before.", "Make a new identity under another name."),
    "not-acceptable": Problem(
        422, "A signed document was not accepted.", "Update amparo, check the request's state, and try again."
    ),
    "not-ready": Problem(
        409, "The bundle is not sealed.", "Look at the request's state; it may wait for approvals, or be denied."
    ),
    "not-signed": Problem(
        401, "The request is not signed by an enrolled key.", "Use the amparo command with your identity file (-i)."
    ),
    "not-allowed": Problem(403, "Your role may not do this.", "Ask a custodian of the organisation."),
    "not-found": Problem(404, "There is nothing here.", "Check the address."),
    "method-not-allowed": Problem(405, "This address does not take such a request.", "See the OpenAPI document."),
    "malformed-request": Problem(
        400, "The request is not as this address takes it.", "See the OpenAPI document, or update amparo."
    ),
    "range-not-satisfiable": Problem(416, "The range lies outside the file.", "Ask for a range within it."),
    "no-space": Problem(507, "The vault has no space left.", "Try again later; the organisation must make room."),
    "unavailable": Problem(503, "The vault cannot keep anything just now.", "Nothing is lost here. Try again later."),
    "log-stalled": Problem(
        503, "The vault could not confirm in time.", "It is sealed but not yet in the log. Try again in a minute."
    ),
    "internal": Problem(500, "Something failed inside the vault.", "Try again later, and tell the organisation."),
}

_BY_CLASS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (UnsupportedMedia, "unsupported-media"),
    (RedactionError, "internal"),
    (IdentifierError, "malformed-identifier"),
    (EvidenceError, "malformed-request"),
    (vault_errors.NothingToSeal, "nothing-to-seal"),
    (vault_errors.UnknownReceipt, "unknown-receipt"),
    (vault_errors.UnknownCase, "unknown-case"),
    (vault_errors.UnknownRequest, "unknown-request"),
    (vault_errors.UnknownPerson, "unknown-person"),
    (vault_errors.NameTaken, "name-taken"),
    (vault_errors.RequestRefused, "not-acceptable"),
    (vault_errors.NotReady, "not-ready"),
    (vault_errors.NoSpace, "no-space"),
    (vault_errors.SequencerStalled, "log-stalled"),
    (vault_errors.NotFound, "not-found"),
    (vault_errors.StoreError, "unavailable"),
    (vault_errors.DatabaseUnavailable, "unavailable"),
    (vault_errors.DatabaseBehind, "unavailable"),
    (VaultError, "internal"),
)
HANDLED: Final = (RedactionError, EvidenceError, VaultError, HttpProblem)
RETRY_SECONDS: Final = "30"


def code_of(error: Exception) -> str:
    """The row of `PROBLEMS` for an error."""
    if isinstance(error, HttpProblem):
        return error.code
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), "internal")


def answer(code: str, request: Request) -> Response:
    """The problem document; in pages the same words (see `routes.source`)."""
    problem = PROBLEMS[code]
    headers = {"Cache-Control": "no-store"}
    if problem.status == 503:
        headers["Retry-After"] = RETRY_SECONDS
    if wants_page(request):
        page = request.app.state.pages.problem(locale_of(request), problem.status, problem.title, problem.next_step)
        return Response(page.html, problem.status, {**page.headers, **headers})
    document = {
        "type": TYPE_PREFIX + code,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.next_step,
    }
    return JSONResponse(document, problem.status, headers, media_type=MEDIA_TYPE)


def wants_page(request: Request) -> bool:
    """Whether a browser asks: pages for people, JSON for programs."""
    return not request.url.path.startswith(("/api/", "/log/", "/uploads")) and "text/html" in request.headers.get(
        "accept", ""
    )


def locale_of(request: Request) -> str:
    """The language of the answer."""
    chosen: str = request.app.state.pages.locale_of(
        request.headers.get("accept-language"), request.query_params.get("lang")
    )
    return chosen
