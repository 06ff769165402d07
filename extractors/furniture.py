"""What stands in and around an article without being it: captions, lists of other articles, author notes, buttons.

Found by structure (what an element is called, how much of it is links, where it stands), never by site. Works on the
page's tree before the text is extracted, so that the extractor cannot take a teaser for a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from extractors.facts import BIO_NAME, text_of

_CAPTION_NAME = re.compile(
    r"(?:^|[\s_-])(?:wp-)?(?:fig(?:ure)?-?)?(?:caption|cutline|photo-?credits?|image-?credits?|credits?-?line|attribution)s?"
    r"(?:$|[\s_-])",
    re.I,
)
_DEK_NAME = re.compile(r"(?:^|[\s_-])dek(?:$|[\s_-])", re.I)
_MAX_DEK = 400
# The first words of a line that sends the reader to other articles, in the languages of our sources and some others.
_ELSEWHERE = re.compile(
    r"""^\W*(?:
    # English
    more\s(?:from|on|about|stories|news|coverage|in)\b | read\s(?:more|also|next|this\snext)\b | also\sread\b
    | see\salso\b | related:
    | related(?:\s(?:articles?|stories|news|content|topics|coverage|posts?|reading|links?))?\W*$
    | recommended\b | you\s(?:may|might)\s(?:also\s)?(?:like|be\sinterested) | don['’]t\smiss\b | trending\b
    | most\s(?:read|popular|viewed)\b | top\sstories | latest\s(?:news|stories|headlines)\W*$ | what\sto\sread\snext
    | further\sreading\W*$ | keep\sreading\W*$ | in\scase\syou\smissed | editor['’]s?\spicks?
    | suggested\s(?:reading|for\syou) | up\snext\W*$
    # Russian
    | читайте\s(?:также|ещё|еще|по\sтеме|тоже|далее) | читать\s(?:также|ещё|еще|далее) | смотрите\s(?:также|ещё|еще)
    | ещ[её]\sпо\sтеме | по\sтеме\W*$ | материалы\sпо\sтеме | другие\s(?:новости|материалы) | новости\sпо\sтеме
    | (?:похожие|связанные)\s(?:материалы|новости) | рекомендуем\b | главное\sза | самое\s(?:читаемое|популярное)
    | подробнее(?:\sпо\sтеме)?\W*$
    # Ukrainian
    | читайте\sтакож | читати\s(?:також|ще) | дивіться\sтакож | ще\sза\sтемою | за\sтемою\W*$ | матеріали\sза\sтемою
    | схожі\s(?:новини|матеріали) | інші\sновини | рекомендуємо | головне\sза | до\sтеми\W*$ | новини\sза\sтемою
    # Japanese, Chinese
    | 関連(?:記事|ニュース|リンク|コンテンツ|特集|ワード|キーワード|する記事) | (?:あわせて|合わせて)読みたい
    | おすすめ(?:記事|の記事)? | こちらも読まれて | 人気(?:記事|の記事) | 注目(?:記事|ニュース) | 【関連 | ＜関連
    | 最新記事 | アクセスランキング | 記事ランキング | この記事を読んだ人
    | 相关(?:新闻|阅读|文章|报道) | 推荐阅读 | 延伸閱讀 | 相關(?:新聞|文章|報導)
    # neighbours
    | lesen\ssie\s(?:auch|mehr|hier) | mehr\szum\sthema | auch\sinteressant | weitere\s(?:artikel|themen)
    | das\skönnte\ssie\s(?:auch\s)?interessieren | lire\saussi | à\slire\s(?:aussi|également) | sur\sle\smême\ssujet
    | leggi\sanche | lee\stambién | te\spuede\sinteresar | más\sinformación\W*$ | leia\s(?:também|mais) | lees\sook
    | läs\s(?:också|även|mer) | les\sogså | læs\sogså | (?:czytaj|zobacz)\s(?:też|także|również) | ayrıca\sokuyun
    | ilgili\shaberler
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_MAX_LABEL = 80
"""Characters of a line that announces other articles."""
_MOSTLY_LINKS = 0.6
_TEASER = 200
"""Characters beside each link that a list of links may have: a teaser, a date, a rubric."""
_HEADING_TAGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_INLINE_TAGS = ("span", "strong", "b", "em")
_LABEL_TAGS = (*_HEADING_TAGS, *_INLINE_TAGS, "p", "div", "dt", "li", "header", "summary", "legend")
_BOX_TAGS = ("p", "div", "ul", "ol", "li", "section", "article", "aside", "table", "blockquote", "dl")
_CAPTION_TAGS = ("figcaption", "div", "p", "span", "small", "em", "cite")


def take_captions(root: HtmlElement) -> list[str]:
    """Cut captions and credits out of the tree; return what they say, once each."""
    captions: dict[str, None] = {}
    for element in [element for element in root.iter(*_CAPTION_TAGS) if _is_caption(element)]:
        if text := text_of(element):
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
    """Cut lists of other articles, with the line that announces them, subtitles that are called so (what the title says
    again), and notes on the author out of the tree."""
    for element in [
        element for element in root.iter("p", "div", "h2", "h3", "span") if _DEK_NAME.search(_names(element))
    ]:
        if len(text_of(element)) <= _MAX_DEK:
            _cut(element)
    whole = len(text_of(root))
    for element in [element for element in root.iter(*_BOX_TAGS) if BIO_NAME.search(_names(element))]:
        if len(text_of(element)) < min(1_000, 0.3 * whole):
            _cut(element)
    for label in [element for element in root.iter(*_LABEL_TAGS) if _is_label(element)]:
        if label.getroottree().getroot() is root:
            _cut_announced(label)


def _is_caption(element: HtmlElement) -> bool:
    if element.tag == "figcaption":
        return True
    return bool(_CAPTION_NAME.search(_names(element))) and len(text_of(element)) <= 600


def _is_label(element: HtmlElement) -> bool:
    """A short line that begins like an announcement of other articles."""
    start = (element.text or "").strip()
    if len(start) > _MAX_LABEL or (len(start) > 12 and not _ELSEWHERE.match(start)):
        return False
    text = text_of(element)
    return len(text) <= _MAX_LABEL and bool(_ELSEWHERE.match(text))


def _cut_announced(label: HtmlElement) -> None:
    """Cut the label and what it announces: the box it opens, if that holds nothing but links and their teasers; else
    the lists and links that follow it."""
    box = None
    for ancestor in (label, *label.iterancestors()):
        if ancestor.tag in ("body", "html", "main") or not text_of(ancestor).startswith(text_of(label)[:_MAX_LABEL]):
            break
        if _is_list_of_links(ancestor):
            box = ancestor
    if box is not None:
        _cut(box)
        return
    if label.tag in _INLINE_TAGS:
        return
    followers = list(_link_followers(label))
    for follower in followers:
        _cut(follower)
    if followers or label.tag in _HEADING_TAGS:
        _cut(label)


def _is_list_of_links(element: HtmlElement) -> bool:
    """Links with little text beside them, no more than a teaser each; no headline and no paragraph of prose."""
    links = [length for link in element.iter("a") if (length := len(text_of(link))) > 1]
    beside = len(text_of(element)) - sum(links)
    if not links or beside > _TEASER * len(links) or sum(links) < 0.3 * beside:
        return False
    return element.find(".//h1") is None and not _has_prose(element)


def _has_prose(element: HtmlElement) -> bool:
    for block in element.iter("p", "div", "td", "li", "blockquote", "section"):
        own = [block.text or ""]
        for child in block:
            own.append(child.tail or "")
            if child.tag not in _BOX_TAGS and child.tag != "a":
                own.append(text_of(child))
        if sum(len(" ".join(part.split())) for part in own) > 1.5 * _TEASER:
            return True
    return False


def _link_followers(label: HtmlElement) -> Iterator[HtmlElement]:
    following = label.getnext()
    while following is not None:
        text = text_of(following)
        if text and sum(len(text_of(link)) for link in following.iter("a")) < _MOSTLY_LINKS * len(text):
            return
        yield following
        following = following.getnext()


def _names(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}".strip()


def _cut(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()
