"""What the S3 store promises beyond the contract: services that fail, leftovers, versions, neighbours."""

import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from tests.oracles.ceph import BUCKET, Gateway
from vault.clock import SystemClock
from vault.errors import Altered, NotFound, StoreUnavailable
from vault.store.locate import S3Credentials, open_store
from vault.store.protocol import MIB, Store
from vault.store.s3.bucket import S3Store
from vault.store.s3.client import connect

SECRET = "canary-of-a-secret"


def at(host: str, bucket: str = BUCKET) -> Store:
    return open_store(f"s3://{bucket}?endpoint=http://{host}", Path(), S3Credentials("access", SECRET))


def bucket_of(ceph: Gateway, bucket: str, leftovers: timedelta = timedelta()) -> S3Store:
    client = connect(ceph.host, ceph.access_key, ceph.secret_key, secure=False, region="us-east-1")
    return S3Store(client, bucket, "", SystemClock(), leftovers)


@contextmanager
def answering(status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> Iterator[str]:
    """A service that gives everybody the same answer; its `host:port`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", "0")))
            self.send_response(status)
            for name, value in {"Content-Type": kind, **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 (http.server's names)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def test_a_service_that_is_down_is_told_within_ten_seconds() -> None:
    store = at(free_address())
    started = time.monotonic()
    with pytest.raises(StoreUnavailable) as caught:
        store.put("a", b"1")
    assert time.monotonic() - started < 10
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


def test_every_call_tells_that_the_service_is_down() -> None:
    store = at(free_address())
    for ask in (store.read, store.open, store.size, store.exists, store.delete):
        with pytest.raises(StoreUnavailable):
            ask("a")
    with pytest.raises(StoreUnavailable):
        list(store.list())
    with pytest.raises(StoreUnavailable):
        store.sweep()


@pytest.mark.slow
def test_a_service_that_does_not_accept_connections_is_told_within_ten_seconds() -> None:
    with ExitStack() as stack:
        # A listener whose queue is full: further connections hang as behind a firewall that drops packets.
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            at(f"127.0.0.1:{listener.getsockname()[1]}").put("a", b"1")
        assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (503, b"<html>busy</html>", "text/html"),
        (500, b"", "application/xml"),
        (403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml"),
        (404, b"<Error><Code>NoSuchBucket</Code></Error>", "application/xml"),
        (404, b"<html>not S3</html>", "text/html"),
        (400, b"<Error", "application/xml"),
        (200, b"whatever", "text/plain"),
    ],
)
def test_answers_that_are_not_about_the_object_make_the_store_unavailable(status: int, body: bytes, kind: str) -> None:
    with answering(status, body, kind) as host:
        store = at(host)
        with pytest.raises(StoreUnavailable):
            list(store.list())
        if status != 200:
            with pytest.raises(StoreUnavailable):
                store.read("a")
            with pytest.raises(StoreUnavailable):
                store.put("a", b"1")


def test_redirects_are_not_followed() -> None:
    with answering(200, b"elsewhere", "text/plain") as other:
        moved = {"Location": f"http://{other}/{BUCKET}/a"}
        with answering(307, b"<html>moved</html>", "text/html", moved) as host, pytest.raises(StoreUnavailable):
            at(host).read("a")


def test_an_etag_that_is_not_of_what_was_sent_is_told() -> None:
    with answering(200, b"", "application/xml", {"ETag": f'"{"0" * 32}"'}) as host, pytest.raises(Altered):
        at(host).put("a", b"1")


def test_a_service_that_ignores_ranges_is_refused() -> None:
    with answering(200, b"0123456789", "text/plain", {"ETag": '"e"'}) as host, at(host).open("a") as reader:
        with pytest.raises(StoreUnavailable):
            reader.read(5, 2)
        with pytest.raises(StoreUnavailable):
            list(reader.chunks(5, 2))


@pytest.mark.ceph
def test_a_wrong_secret_or_bucket_makes_the_store_unavailable(ceph: Gateway) -> None:
    with pytest.raises(StoreUnavailable):
        at(ceph.host).read("a")
    url = f"s3://no-such-bucket?endpoint=http://{ceph.host}"
    with pytest.raises(StoreUnavailable):
        open_store(url, Path(), S3Credentials(ceph.access_key, ceph.secret_key)).read("a")


@pytest.mark.ceph
def test_sweep_aborts_old_uploads_but_not_living_ones_or_those_of_neighbours(ceph: Gateway) -> None:
    ceph.client().make_bucket("leftovers")
    dead, living = bucket_of(ceph, "leftovers"), bucket_of(ceph, "leftovers")
    abandoned = dead.write("dead")
    abandoned.write(bytes(9 * MIB))  # and its process dies here
    assert bucket_of(ceph, "leftovers", timedelta(days=1)).sweep() == 0
    with living.write("living") as writer:
        writer.write(bytes(9 * MIB))
        assert living.sweep() == 1
        assert living.sweep() == 0
        writer.commit()
    assert list(living.list()) == ["living"]
    assert dead.sweep() == 0


@pytest.mark.ceph
def test_an_abandoned_upload_keeps_no_parts(ceph: Gateway, s3: S3Store) -> None:
    with s3.write("a") as writer:
        writer.write(bytes(17 * MIB))
    assert bucket_of(ceph, BUCKET).sweep() == 0


@pytest.mark.ceph
def test_delete_removes_all_versions_of_the_key_alone(ceph: Gateway) -> None:
    client = ceph.client()
    client.make_bucket("versions")
    client.set_bucket_versioning("versions", VersioningConfig(ENABLED))
    store = bucket_of(ceph, "versions")
    for body in (b"1", b"2", b"3"):
        store.put("a/header", body)
        store.put("a/header-2", body)
    store.delete("a/header")
    left = [found.object_name for found in client.list_objects("versions", recursive=True, include_version=True)]
    assert left == ["a/header-2"] * 3
    with pytest.raises(NotFound):
        store.read("a/header")
    assert list(store.list()) == ["a/header-2"]


@pytest.mark.ceph
def test_listing_passes_page_borders_and_skips_what_is_not_ours(ceph: Gateway) -> None:
    client = ceph.client()
    client.make_bucket("pages")
    store = bucket_of(ceph, "pages")
    keys = [f"a/{number:04}" for number in range(1005)]
    for key in keys:
        store.put(key, b"")
    store.put("b", b"")
    for foreign in ("a/with space", "a/é"):
        client.put_object("pages", foreign, io.BytesIO(), 0)
    assert list(store.list("a/")) == keys
