"""The auditor's door: the custody events in pages, each checkable against the public log."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from api.auth import Signed, TheVault
from vault.auditing import events_page

router: Final = APIRouter(prefix="/api/audit")
PAGE: Final = 2048  # events
_LARGEST: Final = 2**53 - 1  # of the numbers that an event can hold


@router.get("/events")
def events(
    caller: Signed,
    vault: TheVault,
    size: Annotated[int, Query(ge=0, le=_LARGEST)],
    start: Annotated[int, Query(ge=0, le=_LARGEST)] = 0,
) -> JSONResponse:
    """Events `start` and following of the log as it was at `size`, and whether the database agrees with the store."""
    page = events_page(vault, caller.line, caller.role, start, size, PAGE)
    # What was damaged need not be UTF-8 any more; whatever stands for it is not what the log committed to.
    shown = [{"event": data.decode(errors="replace"), "database": agrees} for data, agrees in page]
    return JSONResponse({"start": start, "events": shown}, headers={"Cache-Control": "no-store"})
