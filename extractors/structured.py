"""JSON-LD of a page (schema.org): what the article says of itself."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

_MAX_SCRIPT = 1_000_000
_MAX_NODES = 5_000
_ARTICLE = re.compile(r"(?:Article|BlogPosting|Report|SocialMediaPosting)$")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")


def read_articles(root: HtmlElement) -> list[dict[str, Any]]:
    """JSON-LD objects of an article type, those with a headline first; unreadable scripts are passed over."""
    found = [
        node
        for script in _scripts(root)
        for node in _walk(script)
        if any(_ARTICLE.search(kind) for kind in _types(node))
    ]
    return sorted(found, key=lambda node: "headline" not in node)


def read_text(value: Any) -> str:
    """A string of JSON-LD as text: entities undone, spaces single. Empty for anything that is no string."""
    return " ".join(html.unescape(value).split()) if isinstance(value, str) else ""


def read_names(value: Any) -> list[str]:
    """Names of persons or organisations, however they are given: string, object, list of these."""
    if isinstance(value, list):
        return [name for item in value[:20] for name in read_names(item)]
    if isinstance(value, dict):
        value = value.get("name")
        if isinstance(value, list):
            return [name for item in value[:20] for name in read_names(item)]
    name = read_text(value)
    return [name] if name else []


def _scripts(root: HtmlElement) -> Iterator[Any]:
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower() or not script.text or len(script.text) > _MAX_SCRIPT:
            continue
        source = script.text.strip().removeprefix("<![CDATA[").removesuffix("]]>").strip().rstrip(";")
        for text in (source, _TRAILING_COMMA.sub(r"\1", source)):
            try:
                yield json.loads(text, strict=False)
            except (ValueError, RecursionError):
                continue
            break


def _walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object, outermost first; not by recursion, for a page may nest as it likes."""
    queue = [value]
    for _ in range(_MAX_NODES):
        if not queue:
            return
        node = queue.pop(0)
        if isinstance(node, dict):
            yield node
            queue.extend(node.values())
        elif isinstance(node, list):
            queue.extend(node)


def _types(node: dict[str, Any]) -> list[str]:
    kinds = node.get("@type")
    return [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]
