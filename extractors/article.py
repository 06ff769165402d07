"""A page to a Reading: the text once, without captions and lists of other articles, and what the page says about it.

trafilatura finds the body; before it, captions and lists of other articles are cut out of the tree; after it, what is
said twice is dropped. Never `deduplicate=True`: its memory is process-wide, a wire seen a few times loses its lead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from extractors.encoding import decode_html
from extractors.facts import Facts, read_facts
from extractors.furniture import cut_furniture, image_texts, take_captions
from extractors.notices import drop_notices
from extractors.page import parse_page, strip_scripts
from extractors.prose import extract_paragraphs
from pipeline.errors import NotAnArticle
from pipeline.language import detect_language
from pipeline.records import Reading
from pipeline.repetition import drop_lines, drop_repeats
from pipeline.text import clean

MIN_TEXT = 100
"""Characters; a page with less is a wall, an error or a teaser. Half of it for Japanese and Chinese."""
SHORT_TEXT = 400
"""Characters; an article with less is flagged."""

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_WALL = re.compile(
    r"""enable\sjavascript | javascript\sis\s(?:disabled|required|not\s(?:enabled|available))
    | please\s(?:turn\son|activate)\sjavascript | accept\s(?:all\s)?cookies | we\suse\scookies
    | cookie\s(?:policy|settings|preferences|consent) | verify(?:ing)?\s(?:that\s)?you\sare\s(?:a\s)?human
    | are\syou\sa\srobot | access\sdenied | just\sa\smoment\.\.\. | checking\syour\sbrowser
    | page\s(?:not|could\snot\sbe)\sfound | page\s(?:you\s(?:requested|are\slooking\sfor)|doesn['’]t\sexist)
    | 404\s(?:not\sfound|error) | error\s404 | включите\sjavascript | файлы\scookie | страница\sне\sнайдена
    | сторінк\w+\sне\sзнайдено | увімкніть\sjavascript
    | javascriptを有効 | ページが見つかりません | お探しのページ | クッキー
    """,
    re.IGNORECASE | re.VERBOSE,
)


def read_article(body: bytes, headers: Mapping[str, str], url: str) -> Reading:
    """Read one page. `headers` have lower-case names, `url` is where it was found after redirects.

    Raises NotAnArticle: `empty_page`, `no_text`, `wall` (an error page, a consent or script wall).
    """
    page = parse_page(decode_html(body, headers), url)
    facts = read_facts(page)
    strip_scripts(page.root)
    captions = take_captions(page.root)
    silent = image_texts(page.root)
    cut_furniture(page.root)
    paragraphs = drop_lines(extract_paragraphs(page.root, url), [facts.title, *captions, *silent])
    paragraphs = drop_repeats(drop_notices(paragraphs, facts.byline))
    text = "\n".join(paragraphs)
    refuse_walls(text, facts)
    return Reading(
        title=clean(facts.title),
        text=clean(text),
        byline=clean(facts.byline),
        published_at=facts.published_at,
        modified_at=facts.modified_at,
        language=detect_language(f"{facts.title}\n{text}", hint=facts.language),
        canonical_url=clean(facts.canonical_url),
        caption=clean(captions[0]) if captions else "",
        flags=tuple(
            flag for flag, is_set in (("truncated", page.is_truncated), ("short", len(text) < SHORT_TEXT)) if is_set
        ),
    )


def refuse_walls(text: str, facts: Facts) -> None:
    """Raises NotAnArticle when the text is too little to be one, or a short notice instead of one."""
    length = len(text) + len(_CJK.findall(text))
    if _WALL.search(f"{facts.title}\n{text}") and length < 3 * SHORT_TEXT:
        raise NotAnArticle("an error page, a consent wall or a page that needs scripts", code="wall")
    if length < MIN_TEXT:
        raise NotAnArticle("a page without a readable body", code="no_text")
