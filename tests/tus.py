"""A bare client of tus: one method for each request, so that a test can send what no decent client would."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

NONE: Final[Mapping[str, str]] = {}
OCTETS: Final = "application/offset+octet-stream"


@dataclass
class Tus:
    """Sends as a source who holds `receipt`."""

    address: str
    receipt: str
    case: str = ""
    uploads: str = "/uploads"

    @classmethod
    def case_at(cls, address: str, **asked: Any) -> "Tus":
        """A new case."""
        answer = httpx.post(address + "/api/cases", json=asked, trust_env=False, timeout=60)
        assert answer.status_code == 201, answer.text
        opened = answer.json()
        return cls(address, opened["receipt"], opened["case"], opened["uploads"])

    def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, content: bytes | Iterator[bytes] = b""
    ) -> httpx.Response:
        """One request; the protocol's version and the receipt are in it unless `headers` say otherwise."""
        own = {"Tus-Resumable": "1.0.0", "Authorization": f"Receipt {self.receipt}"}
        return httpx.request(
            method,
            self.address + path,
            headers={**own, **(headers or {})},
            content=content or None,
            trust_env=False,
            timeout=120,
        )

    def create(
        self, length: int | None, content: bytes = b"", metadata: dict[str, str] | None = None
    ) -> httpx.Response:
        """`length` None: it comes later."""
        headers = {"Upload-Length": str(length)} if length is not None else {"Upload-Defer-Length": "1"}
        if metadata:
            pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())
            headers["Upload-Metadata"] = ",".join(pairs)
        if content:
            headers["Content-Type"] = OCTETS
        return self.send("POST", self.uploads, headers, content)

    def begin(self, length: int | None, **metadata: str) -> str:
        """The path of a new upload."""
        answer = self.create(length, metadata=metadata)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"].removeprefix(self.address))

    def patch(
        self, path: str, offset: int, content: bytes | Iterator[bytes], headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return self.send(
            "PATCH", path, {"Content-Type": OCTETS, "Upload-Offset": str(offset), **(headers or {})}, content
        )

    def head(self, path: str) -> httpx.Response:
        return self.send("HEAD", path)

    def offset(self, path: str) -> int:
        answer = self.head(path)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["upload-offset"])

    def seen(self) -> Any:
        """What the receipt shows."""
        return self.send("GET", "/api/receipt").json()
