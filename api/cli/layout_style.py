"""How the page of `amparo inspect --html` looks, in light and dark, on a phone and on paper.

Colours have a contrast of at least 3:1 against the bar and the page (WCAG 2.2, 1.4.11); each comes with a pattern, so
that it is not the only sign.
"""

from typing import Final

STYLE: Final = (
    ":root{color-scheme:light dark;--page:#fff;--text:#1a1a1a;--soft:#555;--line:#bbb;--bar:#f1f1f1;--ink:#fff;"
    "--place:#b3261e;--identity:#7a3fa6;--names:#0b5fae;--software:#1d6b3a;--other:#6b5200}"
    "@media(prefers-color-scheme:dark){:root{--page:#151515;--text:#eee;--soft:#b5b5b5;--line:#555;--bar:#262626;"
    "--ink:#151515;--place:#ff8a80;--identity:#d3a6ff;--names:#86bfff;--software:#7fd79c;--other:#e3c565}}"
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}"
    "main{max-width:72rem;margin:0 auto;padding:1rem}h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.2rem;"
    "margin-top:2rem}.warning{border-left:.4rem solid var(--place);padding:.5rem .8rem;background:var(--bar)}"
    "figure{margin:1rem 0}figcaption{font-weight:600;margin-bottom:.25rem}svg.bar{display:block}"
    "svg.tiles{position:absolute;width:0;height:0}.file{fill:var(--bar);stroke:var(--line);stroke-width:2}"
    ".scale{display:flex;justify-content:space-between;color:var(--soft);font-size:.85rem;"
    "font-variant-numeric:tabular-nums}"
    ".place{--kind:var(--place)}.identity{--kind:var(--identity)}.names{--kind:var(--names)}"
    ".software{--kind:var(--software)}.other{--kind:var(--other)}.ground{fill:var(--kind)}"
    ".ink{stroke:var(--ink);stroke-width:1.5;fill:none}.ink circle{fill:var(--ink);stroke:none}"
    "rect.place,rect.identity,rect.names,rect.software,rect.other{stroke:var(--kind);stroke-width:1}"
    ".legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.4rem 1.5rem}.legend li{display:flex;"
    "align-items:center;gap:.5rem}.legend svg{flex:none}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;"
    "border-bottom:1px solid var(--line)}td:nth-child(-n+2){white-space:nowrap;font-variant-numeric:tabular-nums}"
    "code{font-size:.875rem;overflow-wrap:anywhere}.kind{border-left:.35rem solid var(--kind);padding-left:.45rem;"
    "white-space:nowrap}"
    "@media(max-width:48rem){thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}"
    "table,tbody,tr,td{display:block}tr{border-bottom:2px solid var(--line);padding:.6rem 0}td{border:0;"
    "padding:.1rem 0;display:grid;grid-template-columns:6.5rem 1fr;gap:.5rem}td::before{content:attr(data-head);"
    "color:var(--soft);font-size:.85rem}}"
    "@media print{tr{break-inside:avoid}svg,.kind{print-color-adjust:exact;-webkit-print-color-adjust:exact}}"
)
