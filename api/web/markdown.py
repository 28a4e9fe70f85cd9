"""Texts that the organisation writes in Markdown, as markup that can do no more than be read.

HTML in a text stays text; pictures are not shown, because a page loads nothing; a link leads to a telephone, to a
letter, or to another site that is told nothing about this one.
"""

import re
from collections.abc import Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

_LINK: Final = re.compile(
    r"tel:\+?[0-9()./ -]{2,32}|mailto:[^\s?<>\"']{3,254}|https://[^\s/@]+(/\S*)?|http://[a-z2-7.]{16,}\.onion(/\S*)?",
    re.IGNORECASE,
)
_ELSEWHERE: Final = re.compile(r"https?://", re.IGNORECASE)
_DEEPEST: Final = 6
_BELOW: Final = 2
"""How many levels a heading goes down: the page has its own of the first and the second."""


def render(text: str) -> Markup:
    """The text as HTML (CommonMark without raw HTML and pictures)."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - the renderer escapes; HTML and pictures are off


def leads_elsewhere(markup: Markup) -> bool:
    """Whether a link in rendered text leads to another site."""
    return 'rel="noreferrer noopener"' in markup


def _link_open(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    if _ELSEWHERE.match(str(tokens[index].attrGet("href") or "")):
        tokens[index].attrSet("rel", "noreferrer noopener")
    return renderer.renderToken(tokens, index, options, env)


def _heading(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    tokens[index].tag = f"h{min(int(tokens[index].tag[1:]) + _BELOW, _DEEPEST)}"
    return renderer.renderToken(tokens, index, options, env)


def _renderer() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False, "maxNesting": 20})
    markdown.disable(["image", "html_block", "html_inline", "code", "fence"])
    markdown.validateLink = lambda url: _LINK.fullmatch(url) is not None  # type: ignore[method-assign]  # as documented
    markdown.add_render_rule("link_open", _link_open)
    markdown.add_render_rule("heading_open", _heading)
    markdown.add_render_rule("heading_close", _heading)
    return markdown


_MARKDOWN: Final = _renderer()
