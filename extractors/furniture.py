"""What stands in and around an article without being it: captions, lists of other articles, author notes, buttons.

Found by structure (what an element is called, how much of it is links, where it stands), never by site. Works on the
page's tree before the text is extracted, so that the extractor cannot take a teaser for a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from extractors.facts import text_of

_CAPTION_NAME = re.compile(
    r"(?:^|[\s_-])(?:wp-)?(?:fig(?:ure)?-?)?(?:caption|cutline|photo-?credits?|image-?credits?|credits?-?line|attribution)s?"
    r"(?:$|[\s_-])",
    re.I,
)
_BIO_NAME = re.compile(
    r"(?:^|[\s_-])(?:author|writer|contributor)s?[-_]*(?:bio|box|info|card|about|note|desc(?:ription)?|profile)"
    r"|(?:^|[\s_-])(?:about|bio)[-_]*(?:the[-_]*)?authors?",
    re.I,
)
# The first words of a line that sends the reader to other articles, in the languages of our sources and some others.
_ELSEWHERE = re.compile(
    r"^\W*(?:more (?:from|on|about|stories|news|coverage|in)\b|read (?:more|also|next|this next)\b|also read\b|see also\b"
    r"|related(?: (?:articles?|stories|news|content|topics|coverage|posts?|reading|links?))?\W*$|related:|recommended\b"
    r"|you (?:may|might) (?:also )?(?:like|be interested)|don['’]t miss\b|trending\b|most (?:read|popular|viewed)\b"
    r"|top stories|latest (?:news|stories|headlines)\W*$|what to read next|further reading\W*$|keep reading\W*$"
    r"|in case you missed|editor['’]s? picks?|suggested (?:reading|for you)|up next\W*$"
    r"|читайте (?:также|ещё|еще|по теме|тоже|далее)|читать (?:также|ещё|еще|далее)|смотрите (?:также|ещё|еще)"
    r"|ещ[её] по теме|по теме\W*$|материалы по теме|другие (?:новости|материалы)|новости по теме|похожие (?:материалы|новости)"
    r"|связанные (?:материалы|новости)|рекомендуем\b|главное за|самое (?:читаемое|популярное)|подробнее(?: по теме)?\W*$"
    r"|читайте також|читати (?:також|ще)|дивіться також|ще за темою|за темою\W*$|матеріали за темою|схожі (?:новини|матеріали)"
    r"|інші новини|рекомендуємо|головне за|до теми\W*$|новини за темою"
    r"|関連(?:記事|ニュース|リンク|コンテンツ|特集|ワード|キーワード|する記事)|あわせて読みたい|合わせて読みたい|おすすめ(?:記事|の記事)?|こちらも読まれて"
    r"|人気(?:記事|の記事)|注目(?:記事|ニュース)|【関連|＜関連|最新記事|アクセスランキング|記事ランキング|この記事を読んだ人"
    r"|相关(?:新闻|阅读|文章|报道)|推荐阅读|延伸閱讀|相關(?:新聞|文章|報導)"
    r"|lesen sie (?:auch|mehr|hier)|mehr zum thema|auch interessant|das könnte sie (?:auch )?interessieren|weitere (?:artikel|themen)"
    r"|lire aussi|à lire (?:aussi|également)|sur le même sujet|leggi anche|lee también|te puede interesar|más información\W*$"
    r"|leia (?:também|mais)|lees ook|läs (?:också|även|mer)|les også|læs også|czytaj (?:też|także|również)|zobacz (?:też|także)"
    r"|ayrıca okuyun|ilgili haberler)",
    re.I,
)
_MAX_LABEL = 80
"""Characters of a line that announces other articles."""
_MOSTLY_LINKS = 0.6
_HEADING_TAGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LABEL_TAGS = (*_HEADING_TAGS, "p", "div", "span", "strong", "b", "dt", "li", "header", "em", "summary", "legend")
_BLOCK_TAGS = frozenset(
    ("p", "div", "ul", "ol", "li", "section", "article", "aside", "table", "blockquote", "nav", "dl")
)


def take_captions(root: HtmlElement) -> list[str]:
    """Cut captions and credits out of the tree; return what they say, and what images say in their place, once each.

    A caption may hold several of these; a <figure> keeps its other content (quotations and tables are figures too).
    """
    captions: dict[str, None] = {}
    elements = [
        element
        for element in root.iter("figcaption", "div", "p", "span", "small", "em", "cite")
        if _is_caption(element)
    ]
    for element in elements:
        text = text_of(element)
        if text:
            captions.setdefault(text)
        _cut(element)
    return list(captions)


def image_texts(root: HtmlElement) -> list[str]:
    """`alt` and `title` of images: texts that pages repeat beside the image, with no mark that they are captions."""
    return [
        text
        for image in root.iter("img")
        for name in ("alt", "title", "data-caption")
        if len(text := " ".join((image.get(name) or "").split())) >= 20
    ]


def cut_furniture(root: HtmlElement) -> None:
    """Cut lists of other articles, with the line that announces them, and notes on the author out of the tree."""
    for element in [element for element in root.iter(*_BLOCK_TAGS) if _BIO_NAME.search(_names(element))]:
        if len(text_of(element)) < 0.3 * len(text_of(root)):
            _cut(element)
    for label in [element for element in root.iter(*_LABEL_TAGS) if _is_label(element)]:
        if label.getparent() is not None:
            _cut_announced(label)


def link_share(element: HtmlElement) -> float:
    """What part of an element's text is inside links, 0 to 1."""
    length = len(text_of(element))
    return min(1.0, sum(len(text_of(link)) for link in element.iter("a")) / length) if length else 0.0


def _is_caption(element: HtmlElement) -> bool:
    if element.tag == "figcaption":
        return True
    return bool(_CAPTION_NAME.search(_names(element))) and len(text_of(element)) <= 600


def _is_label(element: HtmlElement) -> bool:
    """A short line of its own that begins like an announcement of other articles."""
    first = (element.text or "").strip() or text_of(element)[: _MAX_LABEL + 1]
    return bool(_ELSEWHERE.match(first)) and len(text_of(element)) <= _MAX_LABEL


def _cut_announced(label: HtmlElement) -> None:
    """Cut the label and what it announces: the rest of its box when that is mostly links, else the links after it."""
    box = label
    for ancestor in label.iterancestors():
        if (
            ancestor.tag in ("body", "html", "main")
            or link_share(ancestor) < _MOSTLY_LINKS * 0.5
            or _has_prose(ancestor)
        ):
            break
        box = ancestor
    if box is label:
        for follower in list(_followers(label)):
            if link_share(follower) < _MOSTLY_LINKS:
                break
            _cut(follower)
    _cut(box)


def _has_prose(element: HtmlElement) -> bool:
    """Whether a paragraph of some length stands in it that is not part of a link or a list."""
    return any(
        len(text_of(paragraph)) > 140
        and link_share(paragraph) < 0.3
        and not any(a.tag == "li" for a in paragraph.iterancestors())
        for paragraph in element.iter("p")
    )


def _followers(label: HtmlElement) -> Iterator[HtmlElement]:
    following = label.getnext()
    while following is not None:
        yield following
        following = following.getnext()


def _names(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}".strip()


def _cut(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()
