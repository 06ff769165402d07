"""Markup to plain text, in one pass and in linear time whatever the markup is."""

from __future__ import annotations

import html
import re

from pipeline.text import clean

_TOKEN = re.compile(r"<(?:!--|(?P<slash>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*)(?:[\s/][^<>]*)?>|[!?][^<>]*>)")
_LINE_BREAKERS = frozenset([
    "address", "article", "aside", "blockquote", "br", "caption", "center", "dd", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "legend", "li",
    "main", "nav", "ol", "option", "p", "pre", "section", "table", "tr", "ul",
])  # fmt: skip
_INLINE = frozenset([
    "a", "abbr", "acronym", "area", "audio", "b", "base", "bdi", "bdo", "big", "body", "button", "cite", "code", "col",
    "colgroup", "del", "details", "dfn", "em", "embed", "font", "head", "html", "i", "input", "ins", "kbd", "label",
    "link", "map", "mark", "meta", "nobr", "noscript", "param", "picture", "q", "rp", "rt", "ruby", "s", "samp",
    "select", "small", "source", "span", "strike", "strong", "sub", "summary", "sup", "svg", "tbody", "textarea",
    "tfoot", "thead", "time", "track", "tt", "u", "var", "video", "wbr",
])  # fmt: skip
_SPACERS = frozenset({"td", "th", "img"})
_UNSHOWN = frozenset({"script", "style", "template", "iframe", "object"})
_KNOWN = _LINE_BREAKERS | _INLINE | _SPACERS | _UNSHOWN
_MAX_MARKUP = 200_000
# html.unescape turns digits into a number before it looks at it: thousands of digits are an error there.
_HUGE_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]{8,}|[0-9]{9,});?")


def markup_to_lines(markup: str, limit: int) -> str:
    """What a reader sees of an HTML fragment: blocks as lines, white space folded, references resolved once.

    At most `limit` characters. Text that is no markup comes through unchanged but for white space; a lone `<` is text.
    """
    markup = markup[:_MAX_MARKUP]
    text = _strip_tags(markup) if "<" in markup else markup
    if "&" in text:
        text = html.unescape(_HUGE_REFERENCE.sub("\ufffd", text))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return clean("\n".join(line for line in lines if line))[:limit].rstrip()


def markup_to_line(markup: str, limit: int) -> str:
    """The same on one line: for titles and names."""
    return " ".join(markup_to_lines(markup, limit).split())


def _strip_tags(markup: str) -> str:
    # Line ends of the source are white space; those that remain afterwards are blocks.
    markup = markup.replace("\r", " ").replace("\n", " ")
    pieces: list[str] = []
    position = 0
    while found := _TOKEN.search(markup, position):
        name = (found["name"] or "").lower()
        if name and name not in _KNOWN and ":" not in name:
            pieces.append(markup[position : found.start() + 1])  # <<so>> is how some write titles
            position = found.start() + 1
            continue
        pieces.append(markup[position : found.start()])
        position = found.end()
        if found[0] == "<!--":
            position = _after(markup, "-->", position)
        elif name in _UNSHOWN and not found["slash"]:
            closing = re.compile(f"</{name}[^<>]*>", re.IGNORECASE).search(markup, position)
            position = closing.end() if closing else len(markup)
        elif name in _LINE_BREAKERS:
            pieces.append("\n")
        elif name in _SPACERS:
            pieces.append(" ")
    pieces.append(markup[position:])
    return "".join(pieces)


def _after(text: str, mark: str, position: int) -> int:
    at = text.find(mark, position)
    return len(text) if at < 0 else at + len(mark)
