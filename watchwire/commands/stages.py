"""Every stage alone, on files: parse, extract, tag, dedupe. JSON lines in and out; no database, no network unless an
address is given."""

from __future__ import annotations

import gzip
import json as json_format
import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from pipeline.errors import ConfigError, WatchwireError
from pipeline.records import FetchRequest, ListingRule, Reading, SourceKind, Tagging
from watchwire.printing import console, mark_mentions, print_json, print_json_lines, show_time
from watchwire.settings import load_settings

JsonLines = Annotated[bool, typer.Option("--jsonl", help="The input is JSON lines (- or no name: standard input).")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


def add_to(app: typer.Typer) -> None:
    app.command("parse")(parse)
    app.command("extract")(extract)
    app.command("tag")(tag)
    app.command("dedupe")(dedupe)


class ListingForm(StrEnum):
    FEED = "feed"
    LISTING = "listing"


def parse(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A feed or a listing page, as fetched.")],
    form: Annotated[ListingForm, typer.Option("--as", help="What the file is.")],
    url: Annotated[
        str, typer.Option(help="Where it came from: relative links are joined to it.")
    ] = "http://localhost/",
    item: Annotated[str, typer.Option(help="Listing: CSS selector of one entry.")] = "article",
    link: Annotated[str, typer.Option(help="Listing: its link.")] = "a[href]",
    date: Annotated[str, typer.Option(help="Listing: its date.")] = "time",
    next_page: Annotated[str, typer.Option("--next", help="Listing: link to the next page.")] = "",
) -> None:
    """Entries of a feed or listing, as JSON lines; remarks on standard error."""
    from watchwire.intake import Intake

    rule = ListingRule(item=item, link=link, date=date, next=next_page) if form is ListingForm.LISTING else None
    with Intake(load_settings()) as intake:
        listing = intake.parse_listing(_read_bytes(file), {}, url, SourceKind(form.value), rule)
    print_json_lines(listing.entries)
    if listing.dropped or listing.note or listing.next_url:
        remark = {"title": listing.title, "dropped": listing.dropped, "note": listing.note, "next": listing.next_url}
        sys.stderr.write(json_format.dumps({key: value for key, value in remark.items() if value}, ensure_ascii=False))
        sys.stderr.write("\n")


def extract(
    page: Annotated[str, typer.Argument(help="A file or an address; with --jsonl a file of JSON lines.")] = "-",
    url: Annotated[str, typer.Option(help="The page's address, for a file.")] = "",
    jsonl: JsonLines = False,
    json: Json = False,
) -> None:
    """Read articles. --jsonl: lines of {id, path | html, url} → {id, title, body, published_at, authors, language, …};
    a page that cannot be read gives {id, error, code}."""
    from watchwire.intake import Intake

    settings = load_settings()
    with Intake(settings) as intake:
        if jsonl:
            rows = list(_read_json_lines(page))
            base = Path() if page == "-" else Path(page).parent
            captures = ((_page_bytes(row, base), {}, _text(row, "url", "")) for row in rows)
            answers = intake.read_pages(captures)
            print_json_lines(_extracted(row, answer) for row, answer in zip(rows, answers, strict=True))
            return
        if page.startswith(("http://", "https://")):
            capture = intake.fetch(FetchRequest(page))
            body, headers, url = capture.body, capture.headers, capture.final_url
        else:
            body, headers = _read_bytes(Path(page)), {}
        reading = intake.read_page(body, headers, url)
    if json:
        print_json(_extracted({}, reading))
        return
    out = console()
    out.print(Text(reading.title or "(no title)", style="bold"))
    facts = (reading.byline, show_time(reading.published_at, settings.timezone) or "undated", reading.language)
    out.print(Text(" · ".join(fact for fact in facts if fact), style="dim"))
    out.print(Text(reading.text), soft_wrap=True)


def tag(
    text: Annotated[str, typer.Argument(help="A file or the text itself; with --jsonl a file of JSON lines.")] = "-",
    title: Annotated[str, typer.Option(help="The headline: it is read first and helps to tell who is meant.")] = "",
    language: Annotated[str, typer.Option("--lang", help="ISO 639-1; default: by the text.")] = "",
    watchlist: Annotated[Path | None, typer.Option(help="Another watchlist.", exists=True)] = None,
    jsonl: JsonLines = False,
    json: Json = False,
) -> None:
    """Find the watch entries in a text and say why. --jsonl: lines of {id, text, title?, lang?} →
    {id, tags, spans: [{tag, start, end, form, entry, why}], vetoed: […]}; offsets index the text given."""
    from pipeline.language import detect_language
    from pipeline.watchlist.tag import compile_tagger
    from watchwire.planting import read_watchlist

    tagger = compile_tagger(read_watchlist(watchlist, load_settings().seeds))

    def tag_text(headline: str, body: str, stated: str) -> Tagging:
        return tagger(headline, body, stated or detect_language(f"{headline}\n{body}"))

    if jsonl:
        print_json_lines(
            _tagged(row, tag_text(_text(row, "title", ""), _text(row, "text"), _text(row, "lang", "")))
            for row in _read_json_lines(text)
        )
        return
    body = _text_argument(text)
    tagging = tag_text(title, body, language)
    if json:
        print_json(_tagged({}, tagging))
        return
    out = console()
    for where, content in (("title", title), ("text", body)):
        if content:
            mentions = [(item.start, item.end) for item in tagging.mentions if item.where == where]
            vetoes = [(item.start, item.end) for item in tagging.vetoes if item.where == where]
            out.print(mark_mentions(content, mentions, vetoes), soft_wrap=True)
    for mention in tagging.mentions:
        out.print(Text(f"  {mention.entry}: «{mention.form}» at {mention.where} {mention.start}: {mention.why}"))
    for veto in tagging.vetoes:
        out.print(Text(f"  not {veto.entry}: «{veto.form}» at {veto.where} {veto.start}: {veto.why}", style="dim"))
    if not tagging.mentions:
        out.print(Text("  no watch entry is mentioned"))


def dedupe(
    file: Annotated[str, typer.Argument(help="JSON lines; - or no name: standard input.")] = "-",
    jsonl: JsonLines = True,
) -> None:
    """Recognise copies and stories. Lines of {id, title, text, date, lang, url?} → {id, copy_of | null, story}."""
    from pipeline.stories.documents import place_documents

    print_json_lines(place_documents(_read_json_lines(file)))


def _extracted(row: Mapping[str, Any], answer: Reading | WatchwireError) -> dict[str, Any]:
    identity = {"id": row["id"]} if "id" in row else {}
    if isinstance(answer, WatchwireError):
        return {**identity, "error": answer.message, "code": answer.code, "title": "", "body": ""}
    return {
        **identity,
        "title": answer.title,
        "body": answer.text,
        "published_at": answer.published_at,
        "modified_at": answer.modified_at,
        "authors": [answer.byline] if answer.byline else [],
        "language": answer.language,
        "canonical_url": answer.canonical_url,
        "caption": answer.caption,
        "depth": answer.depth,
        "flags": answer.flags,
    }


def _tagged(row: Mapping[str, Any], tagging: Tagging) -> dict[str, Any]:
    spans = [
        {
            "tag": item.entry,
            "start": item.start,
            "end": item.end,
            "form": item.form,
            "entry": item.entry,
            "why": item.why,
            **({"where": "title"} if item.where == "title" else {}),
        }
        for item in (*tagging.mentions, *tagging.vetoes)
    ]
    count = len(tagging.mentions)
    return {
        **({"id": row["id"]} if "id" in row else {}),
        "tags": list(tagging.entries()),
        "spans": spans[:count],
        "vetoed": spans[count:],
    }


def _read_json_lines(name: str) -> Iterator[dict[str, Any]]:
    """Objects of a file, or of standard input for `-`. Raises ConfigError with file and line."""
    shown = "standard input" if name == "-" else name
    lines: Iterable[str] = sys.stdin if name == "-" else _read_bytes(Path(name)).decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json_format.loads(line)
        except ValueError as error:
            raise ConfigError(f"not JSON: {error}", place=f"{shown}:{number}") from None
        if not isinstance(row, dict) or "id" not in row:
            raise ConfigError("an object with an `id` is expected", place=f"{shown}:{number}")
        yield row


def _text(row: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = row.get(key, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise ConfigError(f"`{key}` is missing or no text", place=f"line with id {row.get('id')}")
    return value


def _page_bytes(row: Mapping[str, Any], folder: Path) -> bytes:
    if "html" in row:
        return _text(row, "html").encode("utf-8", "replace")
    return _read_bytes(folder / _text(row, "path"))


def _text_argument(text: str) -> str:
    """Standard input for `-`, the content of a file that exists, else the argument itself."""
    if text == "-":
        return sys.stdin.read()
    try:
        is_file = Path(text).is_file()
    except (OSError, ValueError):  # too long for a name, or a NUL
        is_file = False
    return _read_bytes(Path(text)).decode("utf-8", "replace") if is_file else text


def _read_bytes(path: Path) -> bytes:
    """A file's bytes, unzipped when its name ends with .gz."""
    try:
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:
        raise ConfigError(getattr(error, "strerror", "") or str(error), place=str(path)) from None
