"""What the proof of work of a flooded vault costs a slow phone: our own script, the processor slowed by Chromium.

Chromium slows pages only, not their workers ("Operation is only supported for pages, not workers"), so the worker's
script runs in the page here. The first row is the worker itself, on this machine as it is.
"""

import random
from typing import Final

from playwright.sync_api import Browser, Page

from api.proof_of_work import PUZZLES
from api.web.scripts import WORK, load_scripts
from api.work import BITS
from tests.browser.phone import chromium

_TRIED_BITS: Final = 11  # few, so that many can be solved; a rate is a rate
_TRIES: Final = 24
_DRAWN: Final = 20_000
_AIM: Final = 3.0  # seconds
_SLOWER: Final = (1, 4, 6, 20)
_TRIED: Final = "told.split('.').reduce((sum, each) => sum + Number(each) + 1, 0)"
_IN_WORKER: Final = """async ([script, challenges, bits]) => {
  const worker = new Worker(URL.createObjectURL(new Blob([script])));
  const solve = (challenge) => new Promise((done) => {
    worker.onmessage = ({ data: told }) => done(TRIED); worker.postMessage([challenge, bits]); });
  await solve("warm");
  let [hashes, begin] = [0, performance.now()];
  for (const challenge of challenges) hashes += await solve(challenge);
  return hashes / (performance.now() - begin) * 1000;
}""".replace("TRIED", _TRIED)
_IN_PAGE: Final = """([script, challenges, bits]) => {
  let found; window.postMessage = (told) => { found = TRIED; };
  (0, eval)(script);
  window.onmessage({ data: ["warm", bits] });
  let [hashes, begin] = [0, performance.now()];
  for (const challenge of challenges) { window.onmessage({ data: [challenge, bits] }); hashes += found; }
  return hashes / (performance.now() - begin) * 1000;
}""".replace("TRIED", _TRIED)


def measure() -> None:
    """Print one table."""
    work = f"{PUZZLES} puzzles of {BITS} bits"
    print(f"| {work}, processor | hashes/s | mean, s | 19 of 20 within, s | longer than {_AIM:.0f} s |")
    print("|---|---|---|---|---|")
    with chromium() as browser:
        _row("this machine, in the worker", _rate(browser, _IN_WORKER, 1))
        for slower in _SLOWER:
            _row(f"1/{slower}, in the page", _rate(browser, _IN_PAGE, slower))
    print()


def _rate(browser: Browser, script: str, slower: int) -> float:
    """Hashes a second."""
    challenges = [str(number) for number in range(_TRIES)]
    worker = load_scripts()[WORK].coded["identity"].decode()
    with browser.new_context() as context:
        tab: Page = context.new_page()
        context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": slower})
        return float(tab.evaluate(script, [worker, challenges, _TRIED_BITS]))


def _row(name: str, rate: float) -> None:
    """How many hashes it takes is a matter of luck: each is the right one with a chance of 1 in 2**bits."""
    drawn, each = random.Random(1), 2**BITS / rate
    waits = sorted(sum(drawn.expovariate(1 / each) for _ in range(PUZZLES)) for _ in range(_DRAWN))
    late = sum(wait > _AIM for wait in waits) / _DRAWN
    print(f"| {name} | {rate:,.0f} | {PUZZLES * each:.1f} | {waits[_DRAWN * 19 // 20]:.1f} | {late:.1%} |")
