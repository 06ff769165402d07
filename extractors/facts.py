"""What a page says about its article outside the text: title, authors, dates, canonical address, stated language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from extractors.headline import choose_title
from extractors.page import Page
from extractors.structured import read_articles, read_names, read_text
from pipeline.addresses import host_of, is_web_address
from pipeline.dates import parse_date

_PUBLISHED_META = (
    "article:published_time", "datepublished", "og:published_time", "og:article:published_time", "parsely-pub-date",
    "sailthru.date", "publishdate", "pubdate", "publish-date", "publish_date", "publication_date", "date",
    "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date", "dcterms.date", "dc.date.created", "dc.created",
    "article.published", "published-date", "cxenseparse:recs:publishtime", "cxense-publishtime", "datecreated",
    "bt:pubdate", "rnews:datepublished", "article_date_original", "originalpublicationdate", "citation_date",
    "citation_publication_date", "displaydate", "iso-8601-publish-date", "shareaholic:article_published_time",
    "dc.date.published",
)  # fmt: skip
_MODIFIED_META = (
    "article:modified_time", "datemodified", "og:updated_time", "og:modified_time", "lastmod", "last-modified",
    "dcterms.modified", "dc.date.modified", "modified", "updated_time", "article:modified", "revision_date",
)  # fmt: skip
_AUTHOR_META = (
    "author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl",
    "citation_author", "cxense-author", "cxenseparse:author", "rnews:author", "shareaholic:article_author_name",
    "article:author_name", "authors", "dc.contributor",
)  # fmt: skip
_BYLINE = re.compile(
    r"(?:^|[\s_-])(?:by-?line|author|autor|auteur|writer|reporter|contributor|credits?-?author)s?", re.I
)
_NOT_BYLINE = re.compile(
    r"bio|about|desc|avatar|image|photo|social|follow|date|related|more|comment|title|role|job", re.I
)
_BY = re.compile(
    r"^(?:(?:written|reported|story|posted|published)\s+)?(?:by|von|par|por|di|door|av|автор(?:ы|и)?|текст|文|執筆|著者|記者)"
    r"(?:\s*[:：]\s*|\s+)",
    re.I,
)
_BYLINE_END = re.compile(
    r"\s*(?:[|•·]|\s[–—-]\s|\bfor\s+the\b|\b(?:updated|published|posted|last\s+modified)\b|\d{1,2}[:.]\d{2}|\b(?:19|20)\d{2}\b).*$",
    re.I | re.S,
)
_NAME = re.compile(r"[^\W\d_]+\.?(?:[\s'’-]+[^\W\d_]+\.?){0,4}(?:\s*(?:,|&|and|und|et|и|і|та)\s.*)?$")
_SELF_DESCRIPTION = re.compile(
    r"(?:about\s+)?((?:[A-ZÀ-ÞА-ЯІЇЄҐ][\w'’.-]*\s+){1,4})(?:is|was|has|covers|writes|reports|—|–|ist)\s"
)
BIO_NAME = re.compile(
    r"(?:^|[\s_-])(?:author|writer|contributor)s?[-_]*(?:bio|box|info|card|about|note|desc(?:ription)?|profile)"
    r"|(?:^|[\s_-])(?:about|bio)[-_]*(?:the[-_]*)?authors?",
    re.I,
)
"""Class or id of a note on the author."""
_NO_NAME = re.compile(
    r"https?:|www\.|@|^(?:admin|administrator|editor|editors|staff|redaktion|redaktor|user|guest|n/?a|none|null|unknown"
    r"|share|follow|subscribe)$",
    re.I,
)
_DAY_IN_PATH = re.compile(r"/((?:19|20)\d{2})[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/_-]|$)")
_LANGUAGE = re.compile(r"^[a-z]{2}(?=$|[-_])", re.I)
_MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Facts:
    title: str
    byline: str
    """Names, joined by comma and space."""
    published_at: datetime | None
    modified_at: datetime | None
    canonical_url: str
    """Absolute; empty when the page names none or one of another site."""
    language: str
    """What <html lang> or a meta tag claims, ISO 639-1; often a template's default."""


def read_facts(page: Page) -> Facts:
    articles = read_articles(page.root)
    metas = _read_metas(page.root)
    language = _read_language(page.root, metas)
    return Facts(
        title=_read_title(page, articles, metas),
        byline=", ".join(_read_authors(page.root, articles, metas)),
        published_at=_read_published(page, articles, metas, language),
        modified_at=_first_date(_stated_dates(articles, "dateModified", metas, _MODIFIED_META), language),
        canonical_url=_read_canonical(page, metas),
        language=language,
    )


def _read_metas(root: HtmlElement) -> dict[str, list[str]]:
    """Contents of <meta> by lower-case name, property or itemprop, in page order."""
    metas: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        content = " ".join((meta.get("content") or "").split())
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = (meta.get(attribute) or "").strip().lower()
            if name and content:
                metas.setdefault(name, []).append(content)
    return metas


def _read_title(page: Page, articles: list[dict[str, Any]], metas: Mapping[str, list[str]]) -> str:
    declared = [text for node in articles[:1] if (text := read_text(node.get("headline")))]
    for name in ("og:title", "twitter:title"):
        declared += metas.get(name, [])[:1]
    declared += [text for element in page.root.iterfind(".//head//title") if (text := text_of(element))][:1]
    headings = [text for element in page.root.iter("h1") if (text := text_of(element))][:10]
    return choose_title(headings, declared, host_of(page.url), " ".join(metas.get("og:site_name", [])[:1]))


def _read_authors(root: HtmlElement, articles: list[dict[str, Any]], metas: Mapping[str, list[str]]) -> list[str]:
    names = [name for node in articles for name in read_names(node.get("author"))]
    names = names or [name for key in _AUTHOR_META for name in metas.get(key, [])]
    return _tidy_names(names) or _tidy_names(_shown_authors(root)) or _tidy_names(_written_authors(root))


def _shown_authors(root: HtmlElement) -> Iterator[str]:
    """Names in the page: rel=author and itemprop=author first, then whatever is called a byline."""
    named = [
        element
        for element in root.iter("a", "span", "div", "p", "address", "li", "em", "strong", "cite")
        if "author" in (element.get("rel") or "").split()
        or (element.get("itemprop") or "") in ("author", "name author")
    ]
    if not named:
        named = [
            element
            for element in root.iter("a", "span", "div", "p", "address", "li", "em", "strong", "cite", "small")
            if (names := f"{element.get('class') or ''} {element.get('id') or ''}").strip()
            and _BYLINE.search(names)
            and not _NOT_BYLINE.search(names)
        ]
    for element in named[:3]:
        inner = element.find(".//*[@itemprop='name']")
        text = text_of(inner if inner is not None else element)
        if 2 < len(text) <= 2 * _MAX_NAME:
            yield text
            return


def _written_authors(root: HtmlElement) -> Iterator[str]:
    """A line that is «By Somebody» and no more; or the name a note on the author begins with."""
    for element in root.iter("p", "div", "span", "li", "h2", "h3", "h4", "h5", "address", "em", "strong"):
        text = text_of(element) if len(element) <= 5 else ""
        if 5 < len(text) <= _MAX_NAME and _BY.match(text) and _NAME.match(_BY.sub("", text)):
            yield text
            return
    for element in root.iter("p", "div", "section", "aside"):
        if BIO_NAME.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
            found = _SELF_DESCRIPTION.match(text_of(element))
            if found:
                yield found[1]
                return


def _tidy_names(names: Iterable[str]) -> list[str]:
    tidy: dict[str, str] = {}
    for name in names:
        name = _BYLINE_END.sub("", _BY.sub("", name.strip())).strip(" ,;:|•·")
        if 1 < len(name) <= _MAX_NAME and not _NO_NAME.search(name):
            tidy.setdefault(name.casefold(), name)
    return list(tidy.values())[:10]


def _read_published(
    page: Page, articles: list[dict[str, Any]], metas: Mapping[str, list[str]], language: str
) -> datetime | None:
    """Structured data, meta tags, <time>, the address, then htmldate's rules; the first that is a date."""
    stated = _first_date(_stated_dates(articles, "datePublished", metas, _PUBLISHED_META), language)
    if stated is not None:
        return stated
    shown, filed = _first_date(_shown_dates(page.root), language), _date_in_address(page.url)
    if shown is not None and (filed is None or abs(shown - filed) < timedelta(days=2)):
        return shown  # knows the hour; but the first <time> may be a comment's or a teaser's, which the address betrays
    return filed or _guess_date(page)


def _stated_dates(
    articles: list[dict[str, Any]], key: str, metas: Mapping[str, list[str]], names: Iterable[str]
) -> Iterator[str]:
    for node in articles:
        yield read_text(node.get(key))
    for name in names:
        yield from metas.get(name, [])[:1]


def _shown_dates(root: HtmlElement) -> Iterator[str]:
    """<time> elements, those that say they are the publication first; then itemprop and class names."""
    times = list(root.iter("time"))
    times.sort(
        key=lambda time: not (time.get("pubdate") is not None or "publish" in (time.get("itemprop") or "").lower())
    )
    for time in times[:3]:
        yield time.get("datetime") or text_of(time)
    for element in root.iter("abbr", "span", "p", "div"):
        if (element.get("itemprop") or "").lower() == "datepublished":
            yield element.get("content") or element.get("datetime") or text_of(element)
            return


def _first_date(texts: Iterable[str], language: str) -> datetime | None:
    for text in texts:
        if text and (date := parse_date(text, language=language)) is not None:
            return date
    return None


def _date_in_address(url: str) -> datetime | None:
    found = _DAY_IN_PATH.search(urlsplit(url).path)
    return parse_date("-".join(found.groups())) if found else None


def _guess_date(page: Page) -> datetime | None:
    """By htmldate, a search of the whole text included. Its first of January is a year without a day: no date."""
    from htmldate import find_date

    found = find_date(page.root, extensive_search=True, original_date=True, url=page.url or None)
    return parse_date(found) if found and not found.endswith("-01-01") else None


def _read_canonical(page: Page, metas: Mapping[str, list[str]]) -> str:
    links = [
        link.get("href") or "" for link in page.root.iter("link") if "canonical" in (link.get("rel") or "").lower()
    ]
    for link in [*links[:1], *metas.get("og:url", [])[:1]]:
        try:
            address = urljoin(page.url, link.strip())
        except ValueError:
            continue
        if link.strip() and is_web_address(address) and _same_site(address, page.url):
            return address
    return ""


def _same_site(one: str, other: str) -> bool:
    """One host, `www.`, `m.` and `amp.` apart."""
    hosts = [re.sub(r"^(?:www|m|mobile|amp)\.", "", urlsplit(url).hostname or "") for url in (one, other)]
    return not other or hosts[0] == hosts[1]


def _read_language(root: HtmlElement, metas: Mapping[str, list[str]]) -> str:
    claims = [root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""]
    claims += metas.get("content-language", []) + metas.get("og:locale", [])
    for claim in claims:
        found = _LANGUAGE.match(claim.strip())
        if found:
            return found[0].lower()
    return ""


def text_of(element: HtmlElement) -> str:
    """All text of an element, spaces single."""
    return " ".join(str(element.text_content()).split())
