"""A text that says something twice says it once: leads repeated for gated readers, captions, the title as a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MIN_LENGTH = 60
"""Characters. Shorter lines may come back on purpose: refrains, speakers' names, «No comment.»"""

_MEANINGLESS = re.compile(r"[\W_]+")


def drop_repeats(paragraphs: Iterable[str]) -> list[str]:
    """Paragraphs in order without those of 60 characters or more that stand, letter for letter, elsewhere before them,
    and without one that is only the cut-off beginning («…») of the paragraph after it. Case, spaces and punctuation
    do not count."""
    kept: list[str] = []
    seen: set[str] = set()
    previous = ""
    for paragraph in paragraphs:
        key = fold_paragraph(paragraph)
        if len(paragraph) >= MIN_LENGTH and key in seen:
            continue
        if kept and len(previous) >= MIN_LENGTH and key.startswith(previous) and _is_cut_off(kept[-1]):
            kept.pop()
        kept.append(paragraph)
        seen.add(key)
        previous = key
    return kept


def drop_lines(paragraphs: Sequence[str], unwanted: Iterable[str]) -> list[str]:
    """Paragraphs without those that say exactly what one of the unwanted texts says."""
    keys = {key for text in unwanted if (key := fold_paragraph(text))}
    return [paragraph for paragraph in paragraphs if fold_paragraph(paragraph) not in keys]


def fold_paragraph(text: str) -> str:
    """What two spellings of one paragraph have in common: its letters and digits."""
    return _MEANINGLESS.sub("", text).casefold()


def _is_cut_off(paragraph: str) -> bool:
    return paragraph.rstrip(" ]»”\"'").endswith(("…", "..."))
