"""The pages and feeds of the sample newsroom, made of its articles and the layouts in `seeds/newsroom/layouts/`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from email.utils import format_datetime
from html import escape
from string import Template

from watchwire.sample_sites import EDITIONS, SampleArticle, SampleSite, newsroom_folder


def render(site: SampleSite, path: str, address: str, edition: str) -> tuple[int, str, str] | None:
    """(status, content type, text) of a path of a site; None when there is no such page."""
    base, _, query = path.partition("?")
    if base in site.sick:
        if site.sick[base] == "html":
            return (
                200,
                "text/html",
                _fill("plain", site, title=site.name, lead="Our feed has moved.", byline="", date=""),
            )
        return int(site.sick[base]), "text/plain", "Internal error"
    articles = site.articles(edition)
    if site.archive and base == site.archive:
        number = int(query.removeprefix("page=")) if query.startswith("page=") else 1
        return 200, "text/html", _render_archive(site, articles, number)
    if path == site.feed:
        return 200, "application/xml", _render_feed(site, articles, address, site.link_suffix)
    if site.section and path == site.section.path:
        listed = [article for article in articles if article.path.startswith(site.section.prefix)]
        return 200, "application/xml", _render_feed(site, listed, address, site.section.suffix)
    for article in articles:
        if article.path == base and not article.is_missing:
            return 200, "text/html", _render_page(site, article, address)
    return None


def _render_page(site: SampleSite, article: SampleArticle, address: str) -> str:
    date = article.date.isoformat() if article.date else ""
    linked_data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "author": {"@type": "Person", "name": article.byline},
        **({"datePublished": date} if date else {}),
    }
    return _fill(
        site.layout,
        site,
        title=article.title,
        byline=article.byline,
        date=date,
        caption=article.caption,
        lead=article.lead,
        paragraphs="\n".join(f"<p>{escape(text)}</p>" for text in article.paragraphs),
        breaks="<br><br>\n".join(escape(text) for text in article.paragraphs),
        address=address + article.path,
        linked_data=json.dumps(linked_data, ensure_ascii=False).replace("<", "\\u003c"),
    )


def _fill(layout: str, site: SampleSite, **fields: str) -> str:
    template = (newsroom_folder() / "layouts" / f"{layout}.html").read_text("utf-8")
    ready = ("paragraphs", "breaks", "linked_data")
    more = "".join(f'<li><a href="/more/{number}">{escape(title)}</a></li>' for number, title in enumerate(site.more))
    values = {
        **dict.fromkeys((*ready, "caption", "address"), ""),
        **{name: value if name in ready else escape(value) for name, value in fields.items()},
    }
    return Template(template).substitute(
        values,
        site=escape(site.name),
        language=site.language,
        encoding=site.encoding,
        more_heading=escape(site.more_heading),
        more=more,
    )


def _render_archive(site: SampleSite, articles: tuple[SampleArticle, ...], number: int) -> str:
    start = (number - 1) * site.archive_page_size
    shown = articles[start : start + site.archive_page_size]
    items = "".join(
        f'<li class="entry"><time datetime="{article.date:%Y-%m-%d}">{article.date:%d %B %Y}</time> '
        f'<a href="{article.path}">{escape(article.title)}</a></li>'
        for article in shown
        if article.date
    )
    has_older = start + site.archive_page_size < len(articles)
    older = f'<a class="older" href="{site.archive}?page={number + 1}">Older</a>' if has_older else ""
    head = f'<html><head><meta charset="utf-8"><title>{escape(site.name)}: archive</title></head>'
    return f"{head}<body><h1>Archive</h1><ul>{items}</ul>{older}</body></html>"


def _render_feed(site: SampleSite, articles: Iterable[SampleArticle], address: str, suffix: str) -> str:
    """Newest first; the undated stand where the first edition stands."""
    form = "atom" if "atom" in site.feed else "rdf" if site.feed.endswith(".rdf") else "rss"
    listed = sorted(articles, key=lambda article: article.date or EDITIONS["first"], reverse=True)
    entries = "\n".join(_FEED_ENTRIES[form](article, address, suffix) for article in listed)
    name = escape(site.name)
    head = f'<?xml version="1.0" encoding="{site.encoding}"?>\n'
    match form:
        case "atom":
            inside = f"<title>{name}</title><id>{address}/</id>\n{entries}"
            return f'{head}<feed xmlns="http://www.w3.org/2005/Atom">{inside}</feed>'
        case "rdf":
            spaces = (
                'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
                'xmlns:dc="http://purl.org/dc/elements/1.1/"'
            )
            channel = f'<channel rdf:about="{address}/"><title>{name}</title><link>{address}/</link></channel>'
            return f"{head}<rdf:RDF {spaces}>{channel}\n{entries}</rdf:RDF>"
    return f'{head}<rss version="2.0"><channel><title>{name}</title><link>{address}/</link>\n{entries}</channel></rss>'


def _atom_entry(article: SampleArticle, address: str, suffix: str) -> str:
    date = f"<updated>{article.date.isoformat()}</updated>" if article.date else ""
    return (
        f'<entry><title>{escape(article.title)}</title><link href="{address}{article.path}{suffix}"/>'
        f"<id>{address}{article.path}</id>{date}<summary>{escape(article.summary)}</summary></entry>"
    )


def _rdf_entry(article: SampleArticle, address: str, suffix: str) -> str:
    date = f"<dc:date>{article.date.isoformat()}</dc:date>" if article.date else ""
    return (
        f'<item rdf:about="{address}{article.path}"><title>{escape(article.title)}</title>'
        f"<link>{address}{article.path}{suffix}</link><description>{escape(article.summary)}</description>{date}</item>"
    )


def _rss_entry(article: SampleArticle, address: str, suffix: str) -> str:
    """With a suffix the links are relative, too."""
    link = f"{article.path}{suffix}" if suffix else address + article.path
    date = f"<pubDate>{format_datetime(article.date)}</pubDate>" if article.date else ""
    return (
        f'<item><title>{escape(article.title)}</title><link>{escape(link)}</link><guid isPermaLink="false">'
        f"{article.path}</guid>{date}<description>{escape(article.summary)}</description></item>"
    )


_FEED_ENTRIES = {"atom": _atom_entry, "rdf": _rdf_entry, "rss": _rss_entry}
