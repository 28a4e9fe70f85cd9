"""axe-core, run in a page: rules of accessibility (WCAG and good practice) that we did not write."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from tests.oracles import require

_SCRIPT: Final = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
_RUN: Final = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 120)}`));
}"""


def violations(tab: Page) -> list[str]:
    """Rule and element of everything that axe finds wrong in the page as it is shown now."""
    if not _SCRIPT.is_file():
        require.missing("axe-core (npm ci --prefix tests/oracles/axe)")
    tab.evaluate(_SCRIPT.read_text(encoding="utf-8"))
    found: list[str] = tab.evaluate(_RUN)
    return found
