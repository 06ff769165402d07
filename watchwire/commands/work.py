"""Verbs that do the work once, in this process, without Prefect; and `up`, which does it for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from pipeline.backfill import BackfillLedger, BackfillProgress
from pipeline.errors import ConfigError
from pipeline.notify import DeliveryReport
from pipeline.records import PollOutcome, Round
from watchwire.commands.look import print_alerts
from watchwire.printing import console, error_console, print_json, print_table
from watchwire.wiring import Workshop, day_start, workshop

JsonDocument = Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")]


def add_to(app: typer.Typer) -> None:
    app.command("run")(run)
    app.command("deliver")(deliver)
    app.command("digest")(digest)
    app.command("backfill")(backfill)
    app.command("up")(up)


def run(
    source: Annotated[list[str] | None, typer.Option(help="Only this source, due or not; repeatable.")] = None,
    json: JsonDocument = False,
) -> None:
    """One pass now, in this process: collect what is due, then deliver. Exit 1 when a source or channel failed."""
    shop = workshop()
    now = datetime.now(UTC)
    batches = shop.due_batches(now, only=source or ())
    total = sum(len(batch) for batch in batches)
    with progress_bar("Collecting", total) as step:
        rounds = shop.collect_batches(batches, now, on_round=lambda _: step())
    reports, is_any_unusable = deliver_each(shop, shop.channel_slugs(), now)
    if json:
        print_json({"rounds": rounds, "deliveries": reports})
    else:
        print_rounds(rounds)
        alerts = shop.recent_alerts([number for item in rounds for number in item.alerts])
        if alerts:
            print_alerts(alerts, shop.settings.timezone, "New alerts")
        print_reports(reports)
    raise typer.Exit(1 if is_any_unusable or any(item.outcome is PollOutcome.FAILED for item in rounds) else 0)


def deliver(
    channel: Annotated[list[str] | None, typer.Option(help="Only this channel; repeatable.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Send failed deliveries again, too.")] = False,
    json: JsonDocument = False,
) -> None:
    """Send what waits in the outbox. Exit 1 when a delivery failed."""
    shop = workshop()
    now = datetime.now(UTC)
    slugs = channel or shop.channel_slugs()
    if failed:
        for slug in slugs:
            shop.store.replay_failed(slug)
    reports, is_any_unusable = deliver_each(shop, slugs, now)
    if json:
        print_json(reports)
    else:
        print_reports(reports)
    raise typer.Exit(1 if is_any_unusable or any(report.failed or report.deferred for report in reports) else 0)


def digest(
    name: Annotated[str, typer.Argument(help="Which digest: every name has windows of its own.")] = "daily",
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show it: no window is closed, nothing sent.")
    ] = False,
    json: JsonDocument = False,
) -> None:
    """Compose the digest of everything since the last one of that name, store it and send it."""
    shop = workshop()
    now = datetime.now(UTC)
    if preview:
        composed = shop.preview_digest(name, now)
        if json:
            typer.echo(composed.data)
        else:
            typer.echo(composed.text)
        return
    stored = shop.compose_digest(name, now)
    if stored is None:
        error_console().print("Another process has just composed this digest.")
        raise typer.Exit(0)
    path = shop.digest_file(stored)
    reports, is_any_unusable = deliver_each(shop, shop.channel_slugs(), now)
    if json:
        print_json({"digest": stored, "file": path, "deliveries": reports})
    else:
        typer.echo(stored.text)
        typer.echo(f"HTML: {path}")
        print_reports(reports)
    raise typer.Exit(1 if is_any_unusable else 0)


def backfill(
    source: Annotated[str, typer.Argument(help="A source with an archive.")],
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day, in the reader's time zone.")],
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day after the last; default: today.")
    ] = None,
    json: JsonDocument = False,
) -> None:
    """Read a source's archive. Can be stopped and started again; what is stored is not fetched twice."""
    shop = workshop()
    now = datetime.now(UTC)
    first = day_start(since, shop.settings.timezone)
    end = day_start(until, shop.settings.timezone) if until else now
    if first >= end:
        raise ConfigError("--since must lie before --until", place="backfill")
    with progress_bar(f"Backfilling {source}", 100) as step:
        shown = 0

        def on_page(progress: BackfillProgress) -> None:
            nonlocal shown
            done = round(progress.fraction * 100)
            step(max(done - shown, 0), f"page {progress.pages}, {progress.articles} articles")
            shown = max(done, shown)

        ledger = shop.backfill(source, first, end, now, on_page)
    if json:
        print_json(ledger)
    else:
        print_ledger(ledger)
    raise typer.Exit(0 if ledger.is_done else 4)


def up(
    port: Annotated[int | None, typer.Option(help="Port of Prefect's server and pages.")] = None,
) -> None:
    """Everything on this machine, in one process tree: Prefect's server and pages, schedules, a worker."""
    from watchwire.settings import load_settings
    from watchwire.up import run_up

    settings = load_settings()
    raise typer.Exit(run_up(settings, port=port or settings.server_port))


def deliver_each(shop: Workshop, channels: Sequence[str], now: datetime) -> tuple[list[DeliveryReport], bool]:
    """Deliver to channel after channel; one that cannot be opened is told on standard error and keeps its messages.

    Returns the reports of the others, and whether there was such a one. Raises UnknownName, StorageError.
    """
    reports, is_any_unusable = [], False
    for channel in channels:
        try:
            reports.append(shop.deliver(channel, now))
        except ConfigError as error:
            error_console().print(Text(str(error)))
            is_any_unusable = True
    return reports, is_any_unusable


@contextmanager
def progress_bar(label: str, total: int) -> Iterator[Callable[..., None]]:
    """Gives `step(advance=1, note="")`; the bar is shown on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=error_console()) as progress:
        task = progress.add_task(label, total=total, note="")

        def step(advance: float = 1, note: str = "") -> None:
            progress.update(task, advance=advance, note=note)

        yield step


def print_rounds(rounds: list[Round], title: str = "Sources") -> None:
    """The ledger of a pass: what each source brought."""

    def number(item: Round, *names: str) -> str:
        return str(sum(count for outcome, count in item.counts.items() if outcome.value in names) or "")

    print_table(
        title,
        ("source", "outcome", "new#", "revised#", "copies#", "known#", "by line#", "failed#", "mentions", "error"),
        (
            [
                item.source,
                f"{item.outcome.value}, first import" if item.kind.value == "import" else item.outcome.value,
                number(item, "new"),
                number(item, "revised"),
                str(item.copies or ""),
                number(item, "known", "unchanged", "repeated"),
                number(item, "summary"),
                number(item, "failed", "deferred"),
                " ".join(f"{entry} {count}" for entry, count in item.mentions.items()),
                item.error,
            ]
            for item in rounds
        ),
        "No source is due.",
    )


def print_reports(reports: list[DeliveryReport]) -> None:
    for report in reports:
        words = [f"{report.sent} sent"]
        words += [f"{report.deferred} put off"] if report.deferred else []
        words += [f"{report.failed} failed"] if report.failed else []
        console().print(Text(f"Channel {report.channel}: {', '.join(words)}"))


def print_ledger(ledger: BackfillLedger) -> None:
    out = console()
    out.print(Text(f"Backfill of {ledger.source}: {ledger.pages} archive pages, {ledger.listed} entries listed"))
    for outcome, count in ledger.counts.items():
        out.print(Text(f"  {count:>6} {outcome.value}"))
    if ledger.out_of_period:
        out.print(Text(f"  {ledger.out_of_period:>6} outside the period"))
    for code, count in ledger.failures.items():
        out.print(Text(f"  {count:>6} pages failed: {code}"))
    mentions = ", ".join(f"{entry} {count}" for entry, count in ledger.mentions.items())
    out.print(Text(f"  copies: {ledger.copies}; articles with mentions: {mentions or 'none'}"))
    if not ledger.is_done:
        out.print(Text(f"  stopped: {ledger.stopped_by}. The same command goes on from there."))
