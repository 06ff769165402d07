"""Records as Prefect artifacts show them: rows for table artifacts, Markdown where there are links.

Prefect's two web interfaces treat a table artifact differently: the newer shows its cells as plain text, the older
reads them as Markdown. So tables hold only what reads the same in both, and whatever has links is a Markdown artifact.
Foreign text goes through `escape_markdown` or `plain_cell`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipeline.backfill import BackfillLedger
from pipeline.notify import DeliveryReport
from pipeline.records import Alert, Digest, Round

LONGEST_CELL = 300


def source_rows(rounds: Iterable[Round], failed_batches: Mapping[tuple[str, ...], Exception]) -> list[dict[str, str]]:
    """One row per source polled; the sources of a batch that broke off carry its error."""
    rows = [
        {
            "source": item.source,
            "outcome": str(item.outcome),
            "kind": str(item.kind),
            "entries": ", ".join(f"{count} {outcome}" for outcome, count in item.counts.items()),
            "copies": str(item.copies or ""),
            "alerts": str(len(item.alerts) or ""),
            "mentions": ", ".join(f"{entry} {count}" for entry, count in item.mentions.items()),
            "error": plain_cell(f"{item.code}: {item.error}") if item.code else "",
        }
        for item in rounds
    ]
    for slugs, error in failed_batches.items():
        for slug in slugs:
            row = dict.fromkeys(("source", "outcome", "kind", "entries", "copies", "alerts", "mentions", "error"), "")
            rows.append(
                row | {"source": slug, "outcome": "batch broke off", "error": plain_cell(describe_error(error))}
            )
    return rows


def channel_rows(
    reports: Iterable[DeliveryReport], failed_channels: Mapping[str, Exception]
) -> list[dict[str, str | int]]:
    """One row per channel: what was sent, put off and given up."""
    rows: list[dict[str, str | int]] = [
        {
            "channel": item.channel,
            "sent": item.sent,
            "put off": item.deferred,
            "perhaps sent": item.ambiguous,
            "failed": item.failed,
            "error": "",
        }
        for item in reports
    ]
    for channel, error in failed_channels.items():
        row: dict[str, str | int] = {"channel": channel, "sent": 0, "put off": 0, "perhaps sent": 0, "failed": 0}
        rows.append(row | {"error": plain_cell(describe_error(error))})
    return rows


def summarise_reports(reports: Sequence[DeliveryReport], failed_channels: Mapping[str, Exception]) -> str:
    """What a run delivered, in a few words."""
    counts = {
        "sent": sum(item.sent for item in reports),
        "put off": sum(item.deferred for item in reports),
        "perhaps sent": sum(item.ambiguous for item in reports),
        "failed": sum(item.failed for item in reports),
    }
    words = [f"{count} {what}" for what, count in counts.items() if count or what == "sent"]
    words += [f"channels that could not be used: {', '.join(failed_channels)}"] if failed_channels else []
    return ", ".join(words)


def ledger_rows(ledger: BackfillLedger) -> list[dict[str, str | int]]:
    """The account of a backfill: every entry listed is in one row of the upper part."""
    rows: list[tuple[str, int]] = [(str(outcome), count) for outcome, count in ledger.counts.items()]
    rows.append(("out of the period", ledger.out_of_period))
    rows.append(("listed in all", ledger.listed))
    rows.append(("archive pages", ledger.pages))
    rows.append(("copies", ledger.copies))
    rows += [(f"pages failed: {code}", count) for code, count in ledger.failures.items()]
    rows += [(f"articles mentioning {entry}", count) for entry, count in ledger.mentions.items()]
    return [{"what": what, "count": count} for what, count in rows]


def alerts_page(alerts: Sequence[Alert]) -> str:
    """A Markdown table: linked title, rule, the sentence with its mentions in bold, source."""
    lines = ["| article | rule | sentence | source |", "|---|---|---|---|"]
    for alert in alerts:
        cells = (
            link(alert.title or alert.url, alert.url),
            escape_markdown(alert.rule),
            mark_sentence(alert.sentence, alert.marks),
            escape_markdown(f"{alert.source}, {alert.language}"),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def digest_page(digest: Digest, file: Path) -> str:
    """Where the digest lies, and its text.

    Browsers do not follow links to files from a page that came over http, so the path is shown to be opened by hand.
    """
    longest_run = max((len(run) for run in re.findall(r"`+", digest.text)), default=0)
    fence = "`" * max(3, longest_run + 1)
    return "\n".join(
        (
            f"**{escape_markdown(digest.subject)}**",
            "",
            f"The page: {link(str(file), file.as_uri())}",
            "",
            f"{fence}text",
            digest.text,
            fence,
        )
    )


def describe_error(error: Exception) -> str:
    """Our errors explain themselves; of a bug the type is named as well."""
    code = getattr(error, "code", "") or type(error).__name__
    return f"{code}: {error}"


def link(text: str, url: str) -> str:
    """A Markdown link, or only the text when the address is not one to click."""
    if not url.startswith(("https://", "http://", "file://")):
        return escape_markdown(text)
    target = re.sub(r"[\x00-\x20<>()\[\]\\|`\"]", lambda match: f"%{ord(match[0]):02X}", url)
    return f"[{escape_markdown(text)}](<{target}>)"


def mark_sentence(sentence: str, marks: Iterable[tuple[int, int]]) -> str:
    """The sentence as Markdown with the marked spans in bold."""
    parts = []
    position = 0
    for start, end in sorted(marks):
        if position <= start < end:
            parts += [escape_markdown(sentence[position:start]), f"**{escape_markdown(sentence[start:end])}**"]
            position = end
    return "".join((*parts, escape_markdown(sentence[position:])))


def escape_markdown(text: str) -> str:
    """Foreign text as literal text: every ASCII punctuation mark may be escaped (CommonMark 0.31, 2.4), so all are."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", re.sub(r"\s", " ", text))


def plain_cell(text: str) -> str:
    """Foreign text for a table artifact: the same plain words whether its reader knows Markdown or not."""
    line = " ".join(text.split()).translate(str.maketrans("<>[]`*", "‹›()''"))
    return line if len(line) <= LONGEST_CELL else f"{line[:LONGEST_CELL]}…"
