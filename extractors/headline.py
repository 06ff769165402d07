"""The title of a page: its headline without the site's name, rubric or kicker.

Pages name themselves up to five times (JSON-LD, OpenGraph, Twitter, <title>, <h1>) and no two agree: <title> adds the
site, OpenGraph a text for sharing, <h1> may be a logo or carry a kicker. The heading that the others bear out is it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SEPARATOR = re.compile(r"\s+(?:[|–—\-•*·»«/<>~]+|::+)\s+|\s*[|｜»«•]+\s*|：(?=[^：]*$)")
_WORD = re.compile(r"\w+")
_AGREEMENT = 0.35
"""Of the words of heading and page title together, so many must be common; below, the heading is a logo or a teaser."""
_MAX_TITLE = 500


def choose_title(headings: Sequence[str], declared: Sequence[str], host: str, site: str = "") -> str:
    """The title among the <h1> texts and what the page declares (JSON-LD, OpenGraph, Twitter, <title>: in this order).

    `host` and `site` are the site's host and name, for cutting them off. Empty when there is nothing to choose from.
    """
    trimmed = [cut for text in declared if (cut := cut_site_name(text, host, site))]
    heading, agreement = "", 0.0
    for candidate in headings:
        value = _agreement(candidate, declared)
        if value > agreement:
            heading, agreement = candidate, value
    if agreement >= _AGREEMENT:
        if agreement < 1.0:
            heading = _without_kicker(heading, trimmed)
        return heading[:_MAX_TITLE]
    return (trimmed or list(headings) or [""])[0][:_MAX_TITLE]


def cut_site_name(title: str, host: str, site: str = "") -> str:
    """`Headline | Section - The Site` → `Headline`. A part is cut when it names the site or is a short tail."""
    names = [name for name in (_fold(site), _fold(host.removeprefix("www.").split(".")[0])) if len(name) > 2]
    text = title.strip()
    while found := list(_SEPARATOR.finditer(text)):
        head, tail = text[: found[-1].start()].strip(), text[found[-1].end() :].strip()
        if head and _is_site_part(tail, names, head):
            text = head
            continue
        head, tail = text[: found[0].start()].strip(), text[found[0].end() :].strip()
        if tail and any(_fold(head) and (_fold(head) in name or name in _fold(head)) for name in names):
            text = tail
            continue
        break
    return text


def _is_site_part(tail: str, names: Iterable[str], head: str) -> bool:
    folded = _fold(tail)
    if not folded or any(name in folded or folded in name for name in names):
        return True
    return len(_words(tail)) <= 4 <= len(_words(head)) and len(tail) < len(head)


def _agreement(heading: str, declared: Iterable[str]) -> float:
    """1 when a declared title is the heading, or the heading and something after it; else the share of common words."""
    folded, words = _fold(heading), set(_words(heading))
    best = 0.0
    if len(folded) < 4:
        return best
    for title in declared:
        parts = _parts(title)
        if _fold(title) == folded or (parts and parts[0] == folded):
            return 1.0
        if len(parts) > 1 and parts[-1] == folded:
            continue  # the name of the site, as a logo
        if folded in _fold(title) and len(folded) >= len(_fold(title)) / 2:
            best = max(best, 0.95)
        others = set(_words(title))
        best = max(best, len(words & others) / len(words | others) if others else 0.0)
    return best


def _without_kicker(heading: str, trimmed: Iterable[str]) -> str:
    """`Crime Three held after raid` → `Three held after raid`, when the page says so elsewhere."""
    folded = _fold(heading)
    for title in trimmed:
        part = _fold(title)
        if len(folded) > len(part) >= 0.6 * len(folded) and folded.endswith(part):
            return title
    return heading


def _parts(title: str) -> list[str]:
    return [part for text in _SEPARATOR.split(title) if (part := _fold(text))]


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _fold(text: str) -> str:
    return "".join(_words(text))
