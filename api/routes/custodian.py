"""The custodian's door: enrol, look at requests and cases, approve or refuse. Keys stay on the custodian's computer."""

import base64
from collections.abc import Iterator, Sequence
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from api.auth import Signed, TheVault
from api.documents import compact, signed_document, signed_with_answer
from api.problems import HttpProblem
from api.web.bundle_texts import read_me
from evidence.canonical import Json
from evidence.ids import parse_case_number, parse_request_id
from vault import bundles, enrolment, release, viewing
from vault.quorum import takes_quorum
from vault.sealing import header_of, payload_of
from vault.viewing import SealedObject

router: Final = APIRouter(prefix="/api/custodian")


@router.get("/people")
def people(_: Signed, vault: TheVault) -> JSONResponse:
    """Everybody who was ever enrolled, and which custodians confirmed it."""
    return JSONResponse(enrolment.enrolled(vault))


@router.post("/people")
def enrol(caller: Signed, vault: TheVault) -> JSONResponse:
    """Enrol a partner or auditor, or confirm what another custodian did: `{"signed": …}` with an enrolment document."""
    line, confirmed = enrolment.enrol(vault, caller.line, signed_document(caller.body))
    return JSONResponse({"name": line.name, "confirmed_by": list(confirmed)}, 201)


@router.post("/revocations")
def revoke(caller: Signed, vault: TheVault) -> JSONResponse:
    """End an enrolment: `{"signed": …}` with an `amparo/revocation/1` document."""
    enrolment.revoke(vault, caller.line, signed_document(caller.body))
    return JSONResponse({"state": "revoked"})


@router.get("/requests")
def requests(_: Signed, vault: TheVault) -> JSONResponse:
    """All requests."""
    return JSONResponse([each.to_json() for each in release.views(vault)])


@router.get("/requests/{request}")
def request_detail(request: str, http: Request, caller: Signed, vault: TheVault) -> Response:
    """One request, the partner's enrolment as a custodian signed it, and every object of the case; an event."""
    asked = release.view(vault, parse_request_id(request))
    viewing.looked_at(vault, caller.line, asked.case)
    approved = [signed.document for signed in release.approvals(vault, asked.request)]
    return compact(
        http,
        {
            "request": asked.to_json(),
            "enrolment": enrolment.signed_enrolment(vault, asked.partner),
            "objects": _objects(viewing.sealed_objects(vault, asked.case, caller.line)),
            "approved": [document.get("objects_sha256") for document in approved],
        },
    )


@router.post("/requests/{request}/approval")
def approve(request: str, caller: Signed, vault: TheVault) -> JSONResponse:
    """Approve: `{"signed": …, "keys": {object: commitment}, "answer": …}` with an `amparo/approval/2` document."""
    number = parse_request_id(request)
    signed, keys, answer = signed_with_answer(caller.body)
    if release.approve(vault, caller.line, number, signed, keys, answer):
        bundles.seal(vault, number, read_me)
    return JSONResponse(release.view(vault, number).to_json())


@router.post("/requests/{request}/denial")
def deny(request: str, caller: Signed, vault: TheVault) -> JSONResponse:
    """Refuse: `{"signed": …}` with an `amparo/denial/1` document."""
    number = parse_request_id(request)
    release.deny(vault, caller.line, number, signed_document(caller.body))
    return JSONResponse(release.view(vault, number).to_json())


@router.get("/cases/{case}")
def case_objects(case: str, http: Request, caller: Signed, vault: TheVault) -> Response:
    """Every object of a case with its header, statements and records whole; an event."""
    number = parse_case_number(case)
    viewing.looked_at(vault, caller.line, number)
    return compact(http, {"objects": _objects(viewing.sealed_objects(vault, number, caller.line))})


@router.get("/cases/{case}/objects/{key:path}")
def case_object(case: str, key: str, caller: Signed, vault: TheVault) -> StreamingResponse:
    """A sealed object that one custodian can open, as one age file; fetching one of an exhibit's is an event."""
    number = parse_case_number(case)
    exhibit = viewing.exhibit_of_object(vault, number, key)
    header, (payload_key, offset) = header_of(vault.store, key), payload_of(vault.store, key)
    if takes_quorum(header):
        raise HttpProblem("takes-quorum")
    if exhibit:
        viewing.viewed(vault, caller.line, number, exhibit)

    def chunks() -> Iterator[bytes]:
        yield header
        with vault.store.open(payload_key) as reader:
            yield from reader.chunks(offset)

    return StreamingResponse(chunks(), media_type="application/octet-stream", headers={"Cache-Control": "no-store"})


def _objects(objects: Sequence[SealedObject]) -> list[Json]:
    return [
        {
            "key": each.key,
            "exhibit": each.exhibit,
            "number": each.number,
            "outcome": each.outcome,
            "bytes": each.size,
            "sha256": each.sha256.hex(),
            "stanzas": each.stanzas.decode("ascii"),
            "payload": base64.b64encode(each.payload).decode(),
        }
        for each in objects
    ]
