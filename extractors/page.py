"""An HTML page as a tree, parsed once, with nothing lost for being nested deeply."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml.etree import ParserError
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from pipeline.errors import NotAnArticle

_DEEP = 200
"""libxml2 drops everything below 256 levels without a word; trafilatura recurses, Python allows it about a thousand."""
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
"""Strewn in by word processors; libxml2 makes some of them U+FFFD and trafilatura then refuses the whole page."""
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


@dataclass(frozen=True, slots=True)
class Page:
    root: HtmlElement
    url: str
    """Where it was found, after redirects."""
    is_truncated: bool = False
    """Part of the page is nested too deeply to be read."""


def parse_page(html: str, url: str) -> Page:
    """Raises NotAnArticle for a document without any element."""
    source = _CONTROLS.sub(" ", _DECLARATION.sub("", html)).encode("utf-8", "replace")
    root, is_deep = _parse(source, is_huge=False)
    is_truncated = False
    if is_deep:
        root, is_truncated = _parse(source, is_huge=True)
        _flatten(root)
    return Page(root, url, is_truncated)


def _parse(source: bytes, *, is_huge: bool) -> tuple[HtmlElement, bool]:
    """The tree, and whether the parser gave up on something."""
    parser = HTMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        huge_tree=is_huge,
    )
    try:
        root = document_fromstring(source, parser=parser, ensure_head_body=True)
    except (ParserError, ValueError) as error:
        raise NotAnArticle(f"no HTML: {error}", code="empty_page") from error
    return root, any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)


def _flatten(root: HtmlElement) -> None:
    """Take away the elements below a depth, keep what they say."""
    deep = []
    stack = [(root, 0)]
    while stack:
        element, depth = stack.pop()
        if depth > _DEEP and element.tag in ("div", "span", "section", "article", "main", "td", "tr", "table", "tbody"):
            deep.append(element)
        stack.extend((child, depth + 1) for child in element)
    for element in reversed(deep):
        element.drop_tag()


def strip_scripts(root: HtmlElement) -> None:
    """Take out what is not text for a reader, so that the text of an element is what it shows."""
    for element in list(root.iter("script", "style", "noscript", "template", "svg")):
        if element.getparent() is not None:
            element.drop_tree()
