"""What the proof of work of a flooded vault costs a slow phone: our own script, the processor slowed by Chromium.

Chromium slows pages only, not their workers ("Operation is only supported for pages, not workers"), so the worker's
script runs in the page here. The first row is the worker itself, on this machine as it is.
"""

import math
from typing import Final

from playwright.sync_api import Browser, Page

from api.web.scripts import WORK, load_scripts
from api.work import BITS
from tests.browser.phone import chromium

_TRIED_BITS: Final = 15  # few, so that many can be solved; a rate is a rate
_TRIES: Final = 24
_AIM: Final = 3.0  # seconds
_SLOWER: Final = (1, 4, 6, 20)
_IN_WORKER: Final = """async ([script, challenges, bits]) => {
  const worker = new Worker(URL.createObjectURL(new Blob([script])));
  const solve = (challenge) => new Promise((done) => {
    worker.onmessage = (event) => done(Number(event.data)); worker.postMessage([challenge, bits]); });
  await solve("warm");
  let [hashes, begin] = [0, performance.now()];
  for (const challenge of challenges) hashes += 1 + await solve(challenge);
  return hashes / (performance.now() - begin) * 1000;
}"""
_IN_PAGE: Final = """([script, challenges, bits]) => {
  let found; window.postMessage = (nonce) => { found = Number(nonce); };
  (0, eval)(script);
  window.onmessage({ data: ["warm", bits] });
  let [hashes, begin] = [0, performance.now()];
  for (const challenge of challenges) { window.onmessage({ data: [challenge, bits] }); hashes += 1 + found; }
  return hashes / (performance.now() - begin) * 1000;
}"""


def measure() -> None:
    """Print one table."""
    print(f"| work of {BITS} bits, processor | hashes/s | mean, s | 19 of 20 within, s | longer than {_AIM:.0f} s |")
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
    mean = 2**BITS / rate
    print(f"| {name} | {rate:,.0f} | {mean:.1f} | {-math.log(0.05) * mean:.1f} | {math.exp(-_AIM / mean):.1%} |")
