"""What is wrong with a page as it is shown now: by axe, by what sticks out of the screen, by what is hard to touch."""

from typing import Final

from playwright.sync_api import Page

from tests.oracles import axe

NARROW: Final = 320
"""Pixels; the narrowest phones, and wider ones at a larger letter size."""

_OUTSIDE: Final = """width => [...document.body.querySelectorAll('*')].filter(e => e.getClientRects().length)
  .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
  .filter(([, box]) => box.right > width + 0.5 || box.left < -0.5).map(([html]) => `sticks out: ${html}`)"""
_SMALL: Final = """() => [...document.querySelectorAll(
    "a, summary, button, textarea, input:not([type=radio], [type=checkbox], [type=file]), .option label")]
  .filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 48)
  .map(e => `is low: ${e.outerHTML.slice(0, 80)}`)"""


def faults(tab: Page, width: int = NARROW) -> list[str]:
    """Everything found, in words."""
    return [*axe.violations(tab), *tab.evaluate(_OUTSIDE, width), *tab.evaluate(_SMALL)]
