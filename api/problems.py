"""The only place where an error becomes an HTTP status, a stable problem type (RFC 9457) and a next step.

Nothing of the request stands in an answer: titles and next steps are fixed sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from api.web.forms import RECEIPT_PATH, WITHDRAW_PATH, WITHDRAWAL_PATH
from evidence.errors import EvidenceError, IdentifierError
from redaction.errors import RedactionError, UnsupportedMedia
from vault import errors as vault_errors
from vault.errors import VaultError

TYPE_PREFIX: Final = "urn:amparo:problem:"
MEDIA_TYPE: Final = "application/problem+json"


def N_(text: str) -> str:  # noqa: N802 -- the name by which extractors of messages know it
    """Mark a sentence for the catalogues; it is looked up when a page is made."""
    return text


class HttpProblem(Exception):
    """A fault in how a request was made: `code` names a row of `PROBLEMS`, `more` are further members of the answer."""

    def __init__(self, code: str, more: Mapping[str, str | int] | None = None) -> None:
        super().__init__(code)
        self.code, self.more = code, more or {}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is told: HTTP status, what happened, what to do next."""

    status: int
    title: str
    next_step: str


PROBLEMS: Final[dict[str, Problem]] = {
    "unsupported-media": Problem(
        415,
        N_("This kind of file is not accepted yet."),
        N_("Send photos, videos or voice recordings that a phone makes. Nothing was kept."),
    ),
    "nothing-to-seal": Problem(
        400, N_("Nothing arrived."), N_("Write what happened, or choose at least one photo or video, and send again.")
    ),
    "too-large": Problem(
        413,
        N_("This is more than the vault takes at once."),
        N_("Send fewer files at a time, shorter videos, or fewer words. Nothing was kept."),
    ),
    "too-slow": Problem(
        408,
        N_("It came too slowly."),
        N_("Send it again where the network is better. Nothing was kept of this attempt."),
    ),
    "malformed-form": Problem(
        400, N_("Not everything arrived."), N_("Go back, and send it again. Nothing was kept of this attempt.")
    ),
    "malformed-identifier": Problem(
        400, N_("A number was mistyped."), N_("A receipt has 16 digits; a case number has eight letters or digits.")
    ),
    "unknown-receipt": Problem(
        404, N_("No case has this receipt."), N_("Check every digit of the receipt, and type it again.")
    ),
    "unknown-case": Problem(
        404, N_("No open case has this number."), N_("Check the number with whoever gave it to you.")
    ),
    "case-withdrawn": Problem(
        410,
        N_("The case was withdrawn."),
        N_("Nobody can open it here any more. To send something again, start from the first page."),
    ),
    "unknown-exhibit": Problem(
        404,
        N_("The case has no file with this number."),
        N_("Nothing was withdrawn. Look at your case for the numbers."),
    ),
    "nothing-chosen": Problem(
        400, N_("Nothing was chosen."), N_("Nothing was withdrawn. Open your case, and choose what to withdraw.")
    ),
    "case-busy": Problem(409, N_("Another upload to this case was under way."), N_("Send it again.")),
    "case-full": Problem(
        429,
        N_("Much of this case is on the way already."),
        N_("Let what is under way finish, then send the rest."),
    ),
    "outside-consent": Problem(
        403,
        N_("The source of the case does not let this partner have it."),
        N_("A lawyer who was given the code asks again with it; others speak with the source."),
    ),
    "work-required": Problem(
        429,
        N_("Many people send at this moment."),
        N_("Do the work that the answer asks for, and send the same request again with it."),
    ),
    "crowded": Problem(
        503,
        N_("Many people send at this moment."),
        N_("Nothing was kept. Wait some minutes, and send it again; with a browser that runs scripts it goes sooner."),
    ),
    "unknown-upload": Problem(
        404, N_("No upload has this address."), N_("Look at your case with the receipt, and send the file again.")
    ),
    "upload-gone": Problem(
        410,
        N_("This upload is over."),
        N_("Look at your case with the receipt. If the file is not there, send it again from its beginning."),
    ),
    "upload-busy": Problem(
        423, N_("Another request works on this upload."), N_("Ask for its offset in a moment, and go on from there.")
    ),
    "offset-differs": Problem(
        409,
        N_("The upload is at another offset."),
        N_("Ask for its offset, and go on from there. Nothing was changed."),
    ),
    "checksum-differs": Problem(
        460, N_("What arrived is not what was sent."), N_("Send this part again. Nothing of it was kept.")
    ),
    "wrong-content-type": Problem(
        415, N_("The bytes of a file come as another kind of content."), N_("Use a client for tus 1.0.0.")
    ),
    "unsupported-version": Problem(
        412, N_("This version of the upload protocol is not spoken here."), N_("Use a client for tus 1.0.0.")
    ),
    "unknown-request": Problem(404, N_("No request has this id."), N_("List your requests to see their ids.")),
    "unknown-person": Problem(
        404, N_("Nobody is enrolled under this name."), N_("List the enrolled people to see the names.")
    ),
    "name-taken": Problem(
        409, N_("This name or key was enrolled before."), N_("Make a new identity under another name.")
    ),
    "not-acceptable": Problem(
        422, N_("A signed document was not accepted."), N_("Update amparo, check the request's state, and try again.")
    ),
    "not-ready": Problem(
        409,
        N_("The bundle is not sealed."),
        N_("Look at the request's state; it may wait for approvals, or be denied."),
    ),
    "takes-quorum": Problem(
        409,
        N_("It takes several custodians to open this."),
        N_("One custodian can read statements and records. Media opens for a partner when enough custodians approve."),
    ),
    "bundle-withdrawn": Problem(
        410,
        N_("The source withdrew something in this bundle."),
        N_("The bundle was destroyed. If the case is still open, ask for it again to get the rest."),
    ),
    "not-signed": Problem(
        401,
        N_("The request is not signed by an enrolled key."),
        N_("Use the amparo command with your identity file (-i)."),
    ),
    "not-allowed": Problem(403, N_("Your role may not do this."), N_("Ask a custodian of the organisation.")),
    "not-found": Problem(404, N_("There is nothing here."), N_("Check the address.")),
    "method-not-allowed": Problem(
        405,
        N_("This page cannot be opened again."),
        N_("Start from the first page. What you sent is safe if you saw a case number."),
    ),
    "malformed-request": Problem(
        400,
        N_("The request is not as this address takes it."),
        N_("See the OpenAPI document, or update amparo."),
    ),
    "range-not-satisfiable": Problem(416, N_("The range lies outside the file."), N_("Ask for a range within it.")),
    "no-space": Problem(
        507,
        N_("The vault has no space left."),
        N_("Nothing was kept. Try again later; the organisation must make room."),
    ),
    "unavailable": Problem(
        503,
        N_("The vault cannot keep anything just now."),
        N_("What it kept before is safe. Send this again later."),
    ),
    "log-stalled": Problem(
        503,
        N_("The vault could not confirm in time."),
        N_("Without a case number you cannot rely on it: send this again in a minute."),
    ),
    "internal": Problem(
        500, N_("Something failed inside the vault."), N_("Try again later, and tell the organisation.")
    ),
}

_BY_CLASS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (UnsupportedMedia, "unsupported-media"),
    (RedactionError, "internal"),
    (IdentifierError, "malformed-identifier"),
    (EvidenceError, "malformed-request"),
    (vault_errors.NothingToSeal, "nothing-to-seal"),
    (vault_errors.UnknownReceipt, "unknown-receipt"),
    (vault_errors.CaseWithdrawn, "case-withdrawn"),
    (vault_errors.UnknownCase, "unknown-case"),
    (vault_errors.UnknownExhibit, "unknown-exhibit"),
    (vault_errors.CaseBusy, "case-busy"),
    (vault_errors.CaseFull, "case-full"),
    (vault_errors.OutsideConsent, "outside-consent"),
    (vault_errors.UploadGone, "upload-gone"),
    (vault_errors.UnknownUpload, "unknown-upload"),
    (vault_errors.UploadBusy, "upload-busy"),
    (vault_errors.OffsetDiffers, "offset-differs"),
    (vault_errors.ChecksumDiffers, "checksum-differs"),
    (vault_errors.UnknownRequest, "unknown-request"),
    (vault_errors.UnknownPerson, "unknown-person"),
    (vault_errors.NameTaken, "name-taken"),
    (vault_errors.RequestRefused, "not-acceptable"),
    (vault_errors.BundleWithdrawn, "bundle-withdrawn"),
    (vault_errors.NotReady, "not-ready"),
    (vault_errors.SharesMissing, "takes-quorum"),
    (vault_errors.NoSpace, "no-space"),
    (vault_errors.SequencerStalled, "log-stalled"),
    (vault_errors.NotFound, "not-found"),
    (vault_errors.TooLarge, "too-large"),
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


def answer_error(error: Exception, request: Request) -> Response:
    """The answer to an error."""
    return answer(code_of(error), request, error.more if isinstance(error, HttpProblem) else {})


def answer(code: str, request: Request, more: Mapping[str, str | int] = MappingProxyType({})) -> Response:
    """The problem document, with `more` members; in pages the same words (see `routes.source`)."""
    problem = PROBLEMS[code]
    headers = {"Cache-Control": "no-store"}
    if problem.status == 503:
        headers["Retry-After"] = RETRY_SECONDS
    if problem.status == 408:
        headers["Connection"] = "close"  # RFC 9110, 15.5.9
    if wants_page(request):
        page = request.app.state.pages.problem(
            locale_of(request),
            problem.status,
            problem.title,
            problem.next_step,
            with_receipt=request.url.path in {RECEIPT_PATH, WITHDRAWAL_PATH, WITHDRAW_PATH},
        )
        return Response(page.html, problem.status, {**page.headers, **headers})
    pages, locale = request.app.state.pages, locale_of(request)
    document = {
        "type": TYPE_PREFIX + code,
        "title": pages.words(locale, problem.title),
        "status": problem.status,
        "detail": pages.words(locale, problem.next_step),
        **more,
    }
    headers["Content-Language"] = locale
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
