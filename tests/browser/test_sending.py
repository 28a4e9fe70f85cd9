"""With the script: each file is sent as soon as it is chosen, and the page says what becomes of it."""

import hashlib
import re
from pathlib import Path
from typing import Final

import httpx
import pytest
from playwright.sync_api import Dialog, Request, Route, expect

from api.proof_of_work import solves
from tests import media
from tests.browser.phone import REAL
from tests.browser.sender import PATIENCE, Network, Sender
from tests.oracles import require
from tests.service import World, succeed

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHOTO: Final = REAL / "train.jpg"
VIDEO: Final = REAL / "with-gps.mp4"
SLOW: Final = {"up": 200_000, "down": 200_000, "latency": 100}


@pytest.fixture(scope="module", autouse=True)
def corpus() -> None:
    require.folder(REAL)


def redacted_hash(path: Path, folder: Path) -> str:
    """SHA-256 of the file as the redactor leaves it."""
    out = folder / f"redacted{path.suffix}"
    succeed("redact", path, "-o", out)
    return hashlib.sha256(out.read_bytes()).hexdigest()


def test_files_are_sent_when_they_are_chosen_and_their_cards_say_what_was_taken_out(
    sender: Sender, tmp_path: Path
) -> None:
    sender.open()
    sender.choose(PHOTO, VIDEO)
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", sender.case)
    assert re.fullmatch(r"[0-9]{4} [0-9]{4} [0-9]{4} [0-9]{4}", sender.receipt)
    sender.wait_kept(2)
    assert sorted(sender.hashes()) == sorted(redacted_hash(path, tmp_path) for path in (PHOTO, VIDEO))
    for row in sender.kept.all():
        assert "the place where it was taken" in row.inner_text()
    told = sender.told()
    assert told["case"] == sender.case
    assert [each["sha256"] for each in told["exhibits"]] == sender.hashes()
    assert "Everything has arrived. You can close this page" in sender.part("closing").inner_text()
    sender.phone.require_no_trace()


def test_words_open_a_case_and_more_words_go_to_the_same_case(sender: Sender, world: World, tmp_path: Path) -> None:
    sender.open()
    sender.write("Two officers, last night.")
    sender.button("Send these words").click()
    case = sender.case
    expect(sender.tab.get_by_label("What happened?")).to_have_value("")
    sender.write("One had the number 4711.")
    sender.button("Send these words").click()
    expect(sender.tab.get_by_label("What happened?")).to_have_value("")
    assert sender.case == case
    world.as_custodian("review", case, "-o", tmp_path / "review")
    texts = "".join(path.read_text() for path in sorted((tmp_path / "review").rglob("*.txt")))
    assert "Two officers, last night." in texts
    assert "One had the number 4711." in texts
    sender.phone.require_no_trace()


def test_words_that_stand_there_when_the_first_file_is_chosen_open_the_case_with_it(sender: Sender) -> None:
    sender.open()
    sender.write("Two officers, last night.")
    sender.choose(VIDEO)
    sender.wait_kept(1)
    expect(sender.tab.get_by_label("What happened?")).to_have_value("")


def test_sending_nothing_is_answered_with_what_to_do(sender: Sender) -> None:
    sender.open()
    sender.button("Send these words").click()
    assert sender.tab.get_by_role("alert").inner_text() == "Write what happened, or choose at least one photo or video."


def test_the_receipt_that_is_typed_back_is_checked_group_by_group(sender: Sender) -> None:
    sender.open()
    sender.write("words")
    sender.button("Send these words").click()
    receipt = sender.receipt
    typed = sender.tab.get_by_label("Type it here from your paper, to check it")
    third = f"{(int(receipt[10:14]) + 1) % 10_000:04d}"
    typed.fill(receipt[:7])
    assert sender.part("check").inner_text() == ""  # nothing is said of a group that is not whole
    typed.fill(f"{receipt[:10]}{third}")
    assert sender.part("check").inner_text() == "Group 3 is different. Look at your paper once more."
    typed.fill(receipt.replace(" ", "-"))
    assert sender.part("check").inner_text() == "Right. The receipt is on your paper."


def test_a_kind_that_is_not_accepted_is_said_in_plain_words_and_the_others_go_on(
    sender: Sender, tmp_path: Path
) -> None:
    paper = tmp_path / "paper.jpg"
    paper.write_bytes(b"%PDF-1.7\n%%EOF\n")
    sender.open()
    sender.choose(paper, VIDEO)
    sender.wait_kept(1)
    refused = sender.rows.nth(0)
    expect(refused).to_contain_text("This file was not kept. Keep it on your phone.")
    expect(refused).to_contain_text("This kind of file is not accepted yet.")
    assert len(sender.told()["exhibits"]) == 1


def test_two_files_travel_at_a_time_and_the_bar_tells_what_is_left(sender: Sender, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.jpg" for number in range(3)]
    for file in files:
        file.write_bytes(media.noise(side=700))
    sender.open()
    Network(sender.tab, **SLOW)
    sender.choose(*files)
    expect(sender.rows.nth(0).locator("p.hint")).to_contain_text(
        re.compile(r"[\d.,]+ [kM]B of [\d.,]+ [kM]B left · [\d.,]+ kB a second, about \d+ sec"), timeout=PATIENCE
    )
    assert "waiting for its turn" in sender.rows.nth(2).inner_text()
    bar = sender.rows.nth(0).get_by_role("progressbar", name="0.jpg")
    assert 0 < float(bar.evaluate("bar => bar.value / bar.max")) <= 1
    sender.wait_kept(3)


def test_a_file_that_is_paused_goes_on_where_it_was(sender: Sender, tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(media.noise(side=1000))
    sender.open()
    network = Network(sender.tab, **SLOW)
    sender.choose(file)
    expect(sender.rows.nth(0)).to_contain_text("left ·", timeout=PATIENCE)
    sender.button("Pause").click()
    expect(sender.rows.nth(0)).to_contain_text("Paused")
    assert sender.told()["exhibits"] == []
    network.back()
    sender.button("Go on sending").click()
    sender.wait_kept(1)
    assert sender.hashes() == [redacted_hash(file, tmp_path)]


def test_a_file_can_be_paused_and_sent_after_all_while_there_is_no_case_yet(sender: Sender) -> None:
    sender.open()
    network = Network(sender.tab)
    network.cut()
    sender.choose(VIDEO)
    sender.button("Pause").click()
    expect(sender.rows.nth(0)).to_contain_text("Paused")
    sender.button("Go on sending").click()
    network.back()
    sender.wait_kept(1)
    assert len(sender.told()["exhibits"]) == 1


def test_a_file_that_is_not_to_be_sent_after_all_leaves_nothing_in_the_vault(sender: Sender, tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(media.noise(side=1000))
    sender.open()
    Network(sender.tab, **SLOW)
    sender.choose(file)
    expect(sender.rows.nth(0)).to_contain_text("left ·", timeout=PATIENCE)
    sender.button("Pause").click()
    with sender.tab.expect_response(lambda response: response.request.method == "DELETE") as answered:
        sender.button("Do not send this").click()
    assert answered.value.status == 204
    assert "Taken back. Nothing of it is kept." in sender.rows.nth(0).inner_text()
    told = sender.told()
    assert (told["exhibits"], told["uploads"]) == ([], [])


def test_a_file_that_is_gone_from_the_phone_is_said_and_what_arrived_of_it_is_taken_back(
    sender: Sender, tmp_path: Path
) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(media.noise(side=1000))
    sender.open()
    Network(sender.tab, **SLOW)
    sender.choose(file)
    expect(sender.rows.nth(0)).to_contain_text("left ·", timeout=PATIENCE)
    file.unlink()
    expect(sender.rows.nth(0)).to_contain_text("It can no longer be read on the phone.", timeout=PATIENCE)
    expect(sender.part("closing")).to_contain_text("Everything has arrived", timeout=PATIENCE)
    assert sender.told()["exhibits"] == []


def test_the_screen_stays_on_as_long_as_something_is_sent(sender: Sender) -> None:
    sender.tab.add_init_script(
        """window.locks = [];
        navigator.wakeLock.request = async () => { locks.push("on");
          return { release: async () => { locks.push("off"); } }; };"""
    )
    sender.open()
    assert sender.tab.evaluate("locks") == []
    sender.choose(VIDEO)
    sender.wait_kept(1)
    assert sender.tab.evaluate("locks") == ["on", "off"]


def test_a_page_behind_another_one_goes_on_sending(sender: Sender, tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(media.noise(side=1000))
    sender.open()
    Network(sender.tab, **SLOW)
    sender.choose(file)
    expect(sender.rows.nth(0)).to_contain_text("left ·", timeout=PATIENCE)
    other = sender.phone.context.new_page()
    other.goto("about:blank")
    other.bring_to_front()
    sender.wait_kept(1)
    assert sender.hashes() == [redacted_hash(file, tmp_path)]


def test_what_a_lost_connection_holds_back_is_said_and_arrives_when_it_is_back(sender: Sender, tmp_path: Path) -> None:
    questions: list[str] = []
    sender.tab.on("dialog", lambda dialog: _stay(dialog, questions))
    sender.open()
    network = Network(sender.tab)
    network.cut()
    sender.button("Film now").click()
    sender.tab.wait_for_timeout(3500)
    sender.button("Take the photo").click()
    sender.button("Stop").click()
    sender.choose(VIDEO)
    lost = sender.part("lost")
    expect(lost).to_be_visible(timeout=PATIENCE)
    said = re.match(r"No connection\. ([\d.]+) (kB|MB) wait on this page", lost.inner_text())
    assert said is not None
    assert float(said[1]) * {"kB": 1e3, "MB": 1e6}[said[2]] > VIDEO.stat().st_size
    sender.tab.close(run_before_unload=True)
    sender.tab.wait_for_timeout(500)
    assert questions == ["beforeunload"]
    network.back()
    sender.wait_kept(3)
    expect(lost).to_be_hidden()
    assert redacted_hash(VIDEO, tmp_path) in sender.hashes()
    types = sorted(each["media_type"] for each in sender.told()["exhibits"])
    assert types[0] == "image/jpeg"
    assert {each.split("/")[0] for each in types[1:]} == {"video"}
    sender.tab.close(run_before_unload=True)
    assert questions == ["beforeunload"]  # nothing is unsent any more


def test_what_is_held_is_noise_to_who_reads_it(sender: Sender) -> None:
    """Every piece of film that the page holds went through WebCrypto: no Blob of it is made from what is plain."""
    sender.tab.add_init_script(
        """window.made = [];
        const real = window.Blob;
        window.Blob = class extends real { constructor(parts, options) { super(parts, options); made.push(this); } };"""
    )
    sender.open()
    Network(sender.tab).cut()
    sender.button("Film now").click()
    sender.tab.wait_for_timeout(3500)
    sender.button("Stop").click()
    shares = sender.tab.evaluate(
        """async () => { const shares = [];
        for (const blob of made) { const bytes = new Uint8Array(await blob.arrayBuffer());
          if (bytes.length < 4096) continue;
          const seen = new Set(); for (let at = 0; at + 4 <= 4096; at++) seen.add(String(bytes.slice(at, at + 4)));
          shares.push([seen.size / 4093, new TextDecoder("latin1").decode(bytes).includes("moof")]); }
        return shares; }"""
    )
    assert shares
    assert all(different > 0.999 and not plain for different, plain in shares)


def test_who_comes_back_with_the_receipt_adds_to_the_same_case(sender: Sender, world: World) -> None:
    first = world.report(statement="what happened")
    sender.open()
    sender.tab.get_by_text("Add to a case that you have already").click()
    field = sender.tab.get_by_role("textbox", name="Receipt", exact=True)
    field.fill(f"{(int(first['receipt']) + 1) % 10**16:016d}")
    sender.button("Add to this case").click()
    expect(sender.tab.get_by_role("alert")).to_contain_text("No case has this receipt.")
    field.fill(first["receipt"])
    field.press("Enter")
    expect(sender.part("saying")).to_have_text(f"What you send now goes to case {first['case']}.")
    sender.choose(VIDEO)
    sender.wait_kept(1)
    headers = {"Authorization": f"Receipt {first['receipt']}"}
    told = httpx.get(world.address + "/api/receipt", headers=headers, trust_env=False).json()
    assert [each["sha256"] for each in told["exhibits"]] == sender.hashes()
    assert first["receipt"] not in sender.tab.content()


def test_a_proof_of_work_is_found_and_the_request_sent_again_with_it(sender: Sender) -> None:
    challenge, bits, proofs = "v1." + "k" * 150, 10, list[str]()

    def door(route: Route, request: Request) -> None:
        proof = request.headers.get("amparo-work")
        if proof is None:
            document = {"type": "urn:amparo:problem:work-required", "title": "", "challenge": challenge, "bits": bits}
            route.fulfill(status=429, json=document, content_type="application/problem+json")
        else:
            proofs.append(proof)
            route.continue_()

    sender.tab.route(re.compile("/api/cases"), door)
    sender.open()
    sender.write("words")
    sender.button("Send these words").click()
    assert sender.receipt
    (proof,) = proofs
    brought, _, solution = proof.rpartition(":")
    assert brought == challenge
    assert solves(challenge, solution, bits)
    sender.phone.require_no_trace()


def test_a_vault_that_cannot_just_now_is_asked_again(sender: Sender) -> None:
    asked = []

    def door(route: Route) -> None:
        asked.append(1)
        if len(asked) < 3:
            document = {"type": "urn:amparo:problem:unavailable", "title": "The vault cannot keep anything just now."}
            route.fulfill(status=503, json=document, content_type="application/problem+json")
        else:
            route.continue_()

    sender.tab.route(re.compile("/uploads"), door)
    sender.open()
    sender.choose(VIDEO)
    expect(sender.rows.nth(0)).to_contain_text(
        "The vault cannot keep anything just now. This page tries again by itself.", timeout=PATIENCE
    )
    sender.wait_kept(1)


def _stay(dialog: Dialog, questions: list[str]) -> None:
    questions.append(dialog.type)
    dialog.dismiss()
