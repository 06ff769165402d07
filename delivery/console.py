"""The console channel: an alert as a paragraph with its mention lit, a digest as its plain text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from pipeline.briefing.quoting import link_address, one_line, split_marks
from pipeline.errors import DeliveryDeferred
from pipeline.ports import Send
from pipeline.records import Message

HIT = "bold black on yellow"


def open_console(console: Console) -> Send:
    """Print messages to a rich console. Foreign text is never read as markup and never reaches the terminal as
    control sequences. The sender raises DeliveryDeferred when the terminal is gone."""

    def send(message: Message) -> None:
        try:
            console.print(Rule(Text(one_line(message.subject, 120), style="bold"), align="left"))
            for line in _alert_lines(message) if message.kind == "alert" else _plain_lines(message):
                console.print(line, soft_wrap=True)
            console.print()
            console.file.flush()
        except (OSError, ValueError) as error:  # ValueError: the file was closed
            raise DeliveryDeferred(f"the console cannot be written: {type(error).__name__}", code="console") from error

    return send


def _alert_lines(message: Message) -> Iterator[Text]:
    yield Text(one_line(message.context), style="dim")
    sentence = Text()
    for piece in split_marks(message.sentence, message.marks):
        sentence.append(piece.text, style=HIT if piece.is_marked else "")
    yield sentence
    yield Text(link_address(message.url), style="blue")


def _plain_lines(message: Message) -> Iterator[Text]:
    for raw in message.text.splitlines():
        indent = len(raw) - len(raw.lstrip(" "))
        line = Text(" " * indent + one_line(raw))
        line.highlight_regex(r"\*\*.+?\*\*", "bold yellow")
        yield line
