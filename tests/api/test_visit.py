"""What surrounds a visit: the way out, the manifest, the icons, and headers that every answer has."""

import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from PIL import Image

from api.access import ACCESS
from api.app import create_app
from tests.api.serving import serving
from tests.vault.making import new_vault, person
from vault.errors import SettingsError
from vault.instance import open_vault

CLEARED = {'"cache"', '"cookies"', '"storage"'}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("visit") / "vault"
    new_vault(made, person("custodian"))
    return made


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    with visiting(folder) as client:
        yield client


@contextmanager
def visiting(folder: Path) -> Iterator[httpx.Client]:
    with serving(folder) as service, httpx.Client(base_url=service.address, trust_env=False) as client:
        yield client


def cleared(answer: httpx.Response) -> set[str]:
    return {each.strip() for each in answer.headers["clear-site-data"].split(",")}


def test_leaving_clears_what_a_browser_may_hold_and_shows_a_page_that_says_nothing(client: httpx.Client) -> None:
    answer = client.get("/leave")
    assert answer.status_code == 200
    assert cleared(answer) == CLEARED
    assert answer.headers["cache-control"] == "no-store"
    assert "<title>Notes</title>" in answer.text
    assert "Amparo" not in answer.text
    assert "href" not in answer.text.replace('<link rel="icon" href="data:,">', "")


def test_the_organisation_may_choose_where_leaving_leads_and_what_the_app_is_called(tmp_path: Path) -> None:
    new_vault(tmp_path / "vault", person("custodian"))
    file = tmp_path / "vault" / "vault.toml"
    text = file.read_text().replace('leave_url = ""', 'leave_url = "https://weather.example/today"')
    file.write_text(text.replace('app_name = "Notes"', 'app_name = "Recipes"'))
    with visiting(tmp_path / "vault") as client:
        answer = client.get("/leave")
        assert (answer.status_code, answer.headers["location"]) == (303, "https://weather.example/today")
        assert cleared(answer) == CLEARED
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert client.get("/manifest.webmanifest").json()["name"] == "Recipes"


def test_the_manifest_names_a_neutral_app_and_icons_that_are_there(client: httpx.Client) -> None:
    answer = client.get("/manifest.webmanifest")
    told = answer.json()
    assert answer.headers["content-type"] == "application/manifest+json"
    assert (told["name"], told["short_name"], told["start_url"], told["display"]) == (
        "Notes",
        "Notes",
        "/",
        "standalone",
    )
    for icon in told["icons"]:
        found = client.get(icon["src"])
        assert found.headers["content-type"] == icon["type"]
        width, _, height = icon["sizes"].partition("x")
        assert Image.open(io.BytesIO(found.content)).size == (int(width), int(height))


def test_another_icon_is_not_there(client: httpx.Client) -> None:
    assert client.get("/icons/other.png").status_code == 404


def test_a_drawing_is_served_so_that_it_can_do_nothing(tmp_path: Path) -> None:
    new_vault(tmp_path / "vault", person("custodian"))
    (tmp_path / "vault" / "pages").mkdir()
    (tmp_path / "vault" / "pages" / "icon.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>')
    with visiting(tmp_path / "vault") as client:
        answer = client.get("/icons/icon.svg")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["content-security-policy"].endswith("sandbox")


def test_an_icon_that_cannot_be_one_stops_the_start(tmp_path: Path) -> None:
    new_vault(tmp_path / "vault", person("custodian"))
    (tmp_path / "vault" / "pages").mkdir()
    (tmp_path / "vault" / "pages" / "icon.png").write_bytes(b"x")
    with pytest.raises(SettingsError), closing(open_vault(tmp_path / "vault")) as vault:
        create_app(vault)


def test_help_changes_without_a_new_start(folder: Path, client: httpx.Client) -> None:
    assert "has not written here whom you can call" in client.get("/help").text
    (folder / "pages").mkdir(exist_ok=True)
    (folder / "pages" / "help.en.md").write_text("[+1 555 0100](tel:+15550100)")
    assert 'href="tel:+15550100"' in client.get("/help").text


PUBLIC = {"/log/checkpoint", "/log/tile/{path:path}"}
"""What may be kept by a cache: it is the same for everybody, and everybody may have it."""


@pytest.mark.parametrize(("method", "path"), sorted(ACCESS))
def test_no_answer_is_kept_indexed_sniffed_or_referred_to(client: httpx.Client, method: str, path: str) -> None:
    for accept in ("text/html", "application/json"):
        answer = client.request(method, path.replace("{path:path}", "x"), headers={"Accept": accept})
        if path not in PUBLIC or not answer.is_success:
            assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in answer.headers
