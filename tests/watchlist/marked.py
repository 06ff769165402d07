"""Sentences with their mentions marked: `Moscow seized [crimea:Crimea] in 2014.`"""

from __future__ import annotations

import re

_MARK = re.compile(r"\[(kurils|crimea|abe|putin):([^\]]+)\]")


def read_marked(marked: str) -> tuple[str, list[tuple[str, int, int]]]:
    """The plain sentence and its mentions as (entry, start, end)."""
    text, mentions, at = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[at : match.start()]
        mentions.append((match.group(1), len(text), len(text) + len(match.group(2))))
        text += match.group(2)
        at = match.end()
    return text + marked[at:], mentions
