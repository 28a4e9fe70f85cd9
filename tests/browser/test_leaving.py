"""Who leaves the page leaves nothing of it on the phone: not in the page, not in the browser, not in its files."""

from pathlib import Path

import pytest

from tests import media, traces
from tests.browser.phone import Phone, living_in
from tests.browser.sender import Network, Sender
from tests.oracles import require
from tests.service import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME = "officer-7731-beating.jpg"
WORDS = "Two officers, unmistakably."


def needles(case: str, receipt: str) -> list[bytes]:
    words = [case, receipt, receipt.replace(" ", ""), NAME, NAME.removesuffix(".jpg"), WORDS]
    return [word.encode(code) for word in words for code in ("utf-8", "utf-16-le", "utf-16-be")]


def test_after_leaving_no_file_of_the_browser_names_the_case_the_receipt_the_file_or_the_words(
    world: World, tmp_path: Path
) -> None:
    file, profile = tmp_path / "files" / NAME, tmp_path / "profile"
    file.parent.mkdir()
    file.write_bytes(media.noise())
    questions: list[str] = []
    require.scripts()
    with living_in(profile, scripts=True) as context:
        phone = Phone(world.address, context, context.new_page())
        phone.tab.on("dialog", lambda dialog: questions.append(dialog.type))
        sender = Sender(phone)
        sender.open()
        sender.write(WORDS)
        sender.choose(file)
        sender.wait_kept(1)
        case, receipt = sender.case, sender.receipt
        sender.tab.get_by_label("Type it here from your paper, to check it").fill(receipt)
        sender.write(WORDS)
        network = Network(sender.tab)
        network.cut()
        sender.choose(file)  # something unsent, about which nobody is asked who has to leave
        sender.part("lost").wait_for()
        network.back()
        phone.tab.locator(".leave").click()
        phone.tab.wait_for_url("**/leave*")
        assert phone.tab.title() == "Notes"
        assert questions == []
        assert context.cookies() == []
        phone.tab.go_back()
        phone.tab.wait_for_load_state()
        shown = phone.tab.content()
        assert [secret for secret in (case, receipt, NAME, WORDS) if secret in shown] == []
        assert phone.tab.evaluate(
            "() => [...document.querySelectorAll('input, textarea')].every(e => e.value !== '" + WORDS + "')"
        )
        phone.tab.goto("about:blank")
    kept = list(traces.files([profile]))
    assert len(kept) > 20
    assert traces.words(kept, needles(case, receipt)) == []
    assert (
        traces.words(kept, [world.address.encode()]) != []
    )  # where somebody was is known to the browser: it is searched right
