"""Clients of tus that others wrote, unmodified, over a network that is cut and a service that is started anew."""

import asyncio
import hashlib
import io
import json
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import aiotus
import pytest
import requests
from tusclient import client as tuspy
from tusclient.exceptions import TusCommunicationError

from tests import media
from tests.browser.phone import chromium
from tests.cutting import Network, network
from tests.oracles.require import folder, tool
from tests.service import World, succeed
from tests.tus import Tus

pytestmark = pytest.mark.slow
ORACLE: Final = Path(__file__).parents[1] / "oracles" / "tus"
PHOTO: Final = media.noise(1400)  # about 1.8 MB
HASH: Final = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "at-home.jpg"
    path.write_bytes(PHOTO)
    return path


@pytest.fixture
def cut(world: World) -> Iterator[Network]:
    """Five cuts at random places."""
    with network(world.service.port, [random.randrange(50_000, len(PHOTO) // 7) for _ in range(5)]) as made:
        yield made


def with_tus_js(tus: Tus, path: Path, *more: str) -> None:
    folder(ORACLE / "node_modules")
    command = [tool("node"), str(ORACLE / "upload.mjs"), tus.address + tus.uploads, tus.receipt, str(path), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 1


BLANK: Final = "<!doctype html><title>blank</title><form><input type=file name=photo></form>"
IN_A_PAGE: Final = """
async ([endpoint, receipt]) => new Promise((resolve, reject) => new tus.Upload(document.forms[0].photo.files[0], {
  endpoint,
  headers: { Authorization: `Receipt ${receipt}` },
  metadata: { filename: "at-home.jpg", filetype: "image/jpeg" },
  retryDelays: Array(60).fill(300),
  storeFingerprintForResuming: false,
  onError: (error) => reject(error),
  onSuccess: ({ lastResponse }) => resolve(lastResponse.getHeader("Amparo-Exhibit")),
}).start())
"""


def with_tus_js_in_chromium(tus: Tus, path: Path) -> None:
    """Its build for browsers, in a page of the same origin that is not one of ours."""
    script = folder(ORACLE / "node_modules") / "tus-js-client" / "dist" / "tus.min.js"
    with chromium() as browser, browser.new_context() as context:
        tab = context.new_page()
        tab.route("**/blank", lambda route: route.fulfill(body=BLANK, content_type="text/html"))
        tab.goto(tus.address + "/blank")
        tab.add_script_tag(path=script)
        tab.locator("input").set_input_files(path)
        assert int(tab.evaluate(IN_A_PAGE, [tus.address + tus.uploads, tus.receipt])) >= 1


def with_tuspy(tus: Tus, path: Path) -> None:
    made = tuspy.TusClient(tus.address + tus.uploads, headers={"Authorization": f"Receipt {tus.receipt}"})
    deadline, url = time.monotonic() + 60, None
    with path.open("rb") as file:
        while time.monotonic() < deadline:
            try:
                uploader = made.uploader(file_stream=file, chunk_size=10**9, metadata={"filename": path.name}, url=url)
                url = url or uploader.create_url()
                uploader.set_url(url)
                uploader.upload()
            except (TusCommunicationError, requests.RequestException):
                time.sleep(0.3)  # the way to resume that its documents describe: a new uploader with the old address
            else:
                return
    raise AssertionError("tuspy does not get through")


def with_aiotus(tus: Tus, path: Path) -> None:
    async def send() -> None:
        with path.open("rb") as file:
            url = await aiotus.upload(
                tus.address + tus.uploads,
                file,
                {"filename": path.name.encode()},
                headers={"Authorization": f"Receipt {tus.receipt}"},
                chunksize=500_000,
                config=aiotus.RetryConfiguration(retry_attempts=60, max_retry_period_seconds=0.3),
            )
        assert url is not None

    asyncio.run(send())


CLIENTS: Final[dict[str, Callable[[Tus, Path], None]]] = {
    "tus-js-client": with_tus_js,
    "tus-js-client in Chromium": with_tus_js_in_chromium,
    "tuspy": with_tuspy,
    "aiotus": with_aiotus,
}


def check(world: World, tus: Tus) -> None:
    """One exhibit, and a custodian's computer opens it to the very file."""
    (exhibit,) = tus.seen()["exhibits"]
    assert (exhibit["sha256"], exhibit["outcome"]) == (HASH, "clean")
    folder = world.folder / f"review-{tus.case}"
    world.as_custodian("review", tus.case, "-o", folder)
    assert (folder / "E01.jpg").read_bytes() == PHOTO


@pytest.mark.parametrize("client", CLIENTS)
def test_an_upload_that_is_cut_five_times_arrives_whole(world: World, cut: Network, photo: Path, client: str) -> None:
    tus = Tus.case_at(cut.address)
    already = cut.sent
    CLIENTS[client](tus, photo)
    check(world, Tus(world.address, tus.receipt, tus.case))
    assert cut.cut == 5
    # Chromium repeats a request whose connection breaks by itself, from an offset that is no longer right.
    most = 2.5 if client.endswith("Chromium") else 1.05
    assert cut.sent - already < len(PHOTO) * most + 20_000  # for the heads of some dozens of requests


@pytest.mark.parametrize("client", CLIENTS)
def test_a_service_that_is_killed_in_between_goes_on_where_it_was(world: World, photo: Path, client: str) -> None:
    with network(world.service.port, [len(PHOTO) // 2]) as made:
        tus, killed = Tus.case_at(made.address), threading.Event()

        def kill() -> None:
            while made.sent < len(PHOTO) // 4:
                time.sleep(0.01)
            world.service.kill()
            killed.set()
            world.service.start()

        thread = threading.Thread(target=kill)
        thread.start()
        CLIENTS[client](tus, photo)
        thread.join()
        assert killed.is_set()
    check(world, Tus(world.address, tus.receipt, tus.case))


def test_small_parts_and_a_length_that_comes_last(world: World, photo: Path) -> None:
    for more in (["100000"], ["300000", "later"]):
        tus = Tus.case_at(world.address)
        with_tus_js(tus, photo, *more)
        check(world, tus)


def test_our_own_command_too(world: World, cut: Network, photo: Path) -> None:
    already = cut.sent
    done = succeed("upload", photo, "--server", cut.address, "--json")
    answer = json.loads(done.out)
    assert [each["sha256"] for each in answer["exhibits"]] == [HASH]
    check(world, Tus(world.address, answer["receipt"], answer["case"]))
    assert cut.cut == 5
    assert cut.sent - already < len(PHOTO) * 1.05 + 20_000


def test_the_network_cuts(world: World) -> None:
    """The proxy above does what it says: a request that is too long does not get through."""
    with network(world.service.port, [1000]) as made:
        tus = Tus.case_at(made.address)
        path = tus.begin(len(PHOTO))
        with pytest.raises(Exception, match=r".*"):
            tus.patch(path, 0, io.BytesIO(PHOTO).read())
        assert made.cut == 1
