"""The custodian's door: enrol, look at requests and cases, approve or refuse. Keys stay on the custodian's computer."""

import base64
from collections.abc import Iterator, Sequence
from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse, StreamingResponse

from api.auth import Signed, TheVault
from api.documents import signed_document, signed_with_headers
from api.problems import HttpProblem
from api.web.bundle_texts import read_me
from evidence.canonical import Json
from evidence.ids import parse_case_number, parse_request_id
from vault import bundles, enrolment, release
from vault.release import SealedObject
from vault.sealing import payload_of

router: Final = APIRouter(prefix="/api/custodian")


@router.get("/people")
def people(_: Signed, vault: TheVault) -> JSONResponse:
    """Everybody who was ever enrolled."""
    return JSONResponse(enrolment.enrolled(vault))


@router.post("/people")
def enrol(caller: Signed, vault: TheVault) -> JSONResponse:
    """Enrol a partner or auditor: `{"signed": …}` with an `amparo/enrolment/1` document."""
    line = enrolment.enrol(vault, caller.line, signed_document(caller.body))
    return JSONResponse({"name": line.name}, 201)


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
def request_detail(request: str, caller: Signed, vault: TheVault) -> JSONResponse:
    """One request, the partner's enrolment as a custodian signed it, and every object of the case; an event."""
    asked = release.view(vault, parse_request_id(request))
    release.looked_at(vault, caller.line, asked.case)
    return JSONResponse(
        {
            "request": asked.to_json(),
            "enrolment": enrolment.signed_enrolment(vault, asked.partner),
            "objects": _objects(release.sealed_objects(vault, asked.case)),
        }
    )


@router.post("/requests/{request}/approval")
def approve(request: str, caller: Signed, vault: TheVault) -> JSONResponse:
    """Approve: `{"signed": …, "headers": {key: base64}}` with an `amparo/approval/1` document."""
    number = parse_request_id(request)
    signed, headers = signed_with_headers(caller.body)
    if release.approve(vault, caller.line, number, signed, headers):
        bundles.seal(vault, number, read_me)
    return JSONResponse(release.view(vault, number).to_json())


@router.post("/requests/{request}/denial")
def deny(request: str, caller: Signed, vault: TheVault) -> JSONResponse:
    """Refuse: `{"signed": …}` with an `amparo/denial/1` document."""
    number = parse_request_id(request)
    release.deny(vault, caller.line, number, signed_document(caller.body))
    return JSONResponse(release.view(vault, number).to_json())


@router.get("/cases/{case}")
def case_objects(case: str, caller: Signed, vault: TheVault) -> JSONResponse:
    """Every object of a case with its header, statements and records whole; an event."""
    number = parse_case_number(case)
    release.looked_at(vault, caller.line, number)
    return JSONResponse({"objects": _objects(release.sealed_objects(vault, number))})


@router.get("/cases/{case}/objects/{key:path}")
def case_object(case: str, key: str, caller: Signed, vault: TheVault) -> StreamingResponse:
    """A sealed object as one age file; fetching one of an exhibit's is an event."""
    number = parse_case_number(case)
    found = next((each for each in release.sealed_objects(vault, number) if each.key == key), None)
    if found is None:
        raise HttpProblem("unknown-case")
    if found.exhibit:
        release.viewed(vault, caller.line, number, found.exhibit)
    payload_key, offset = payload_of(vault.store, key)

    def chunks() -> Iterator[bytes]:
        yield found.header
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
            "header": base64.b64encode(each.header).decode(),
            "payload": base64.b64encode(each.payload).decode(),
        }
        for each in objects
    ]
