"""The service of a log witness (c2sp.org/tlog-witness): submissions, and the newest cosigned checkpoint of each log."""

import hashlib
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from api.limits import Limits, arriving
from api.problems import HttpProblem
from vault.witness.cosigning import CONFLICT, COSIGNED, INCONSISTENT, MALFORMED, UNKNOWN, UNSIGNED, Witness
from vault.witness.state import State
from vault.witness.submission import BODY_BYTES

_WORDS: Final = {
    MALFORMED: "this is no submission of a checkpoint; see c2sp.org/tlog-witness\n",
    UNSIGNED: "no signature by a key that this witness knows for this log; ask its operator to add the key\n",
    UNKNOWN: "this witness does not know this log; ask its operator to add it\n",
    INCONSISTENT: "the consistency proof does not lead from what this witness saw to this checkpoint\n",
}


def create_app(witness: Witness, state: State) -> FastAPI:
    """The service; it keeps nothing of who asks."""
    app = FastAPI(title="Log witness", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.limits = Limits()

    @app.post("/add-checkpoint")
    async def add_checkpoint(request: Request) -> Response:
        try:
            body = b"".join([chunk async for chunk in arriving(request, BODY_BYTES)])
        except HttpProblem:
            return PlainTextResponse(_WORDS[MALFORMED], MALFORMED)
        decision = await run_in_threadpool(witness.decide, body)
        if decision.status == CONFLICT:
            return Response(decision.body, CONFLICT, media_type="text/x.tlog.size")
        if decision.status == COSIGNED:
            return Response(decision.body, media_type="text/plain; charset=utf-8")
        return PlainTextResponse(_WORDS[decision.status], decision.status)

    @app.get("/{log}/checkpoint")
    def newest(log: str) -> Response:
        """`log` is SHA-256 of the log's origin, in hex."""
        for origin in state.origins():
            if hashlib.sha256(origin.encode()).hexdigest() == log:
                note = state.seen(origin).note
                if note:
                    return Response(note, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"})
        return PlainTextResponse("this witness cosigned no checkpoint of such a log\n", 404)

    return app
