"""The Slack channel: an incoming webhook, Block Kit inside its limits.

One message is one request, so that it is taken or not taken as a whole; a digest that is longer than Slack allows is
cut at a paragraph and says how much is left. The webhook's address is the secret: it appears in no error and no log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from pipeline.briefing.quoting import link_address, one_line, shown_host, split_marks
from pipeline.errors import ConfigError, DeliveryAmbiguous, DeliveryDeferred, DeliveryRefused
from pipeline.ports import Send
from pipeline.records import Message

# https://api.slack.com/reference/block-kit/blocks: 3,000 characters in a section, 150 in a header; ours are lower, for
# characters that Slack counts as two. At most 50 blocks: the limit of the whole post keeps us far below.
SECTION_LIMIT = 2900
HEADER_LIMIT = 145
# All blocks together: documented nowhere, refused as `msg_blocks_too_long` between 11,000 and 13,300 characters
# (slackapi/bolt-js issues 2509 and 2867).
POST_LIMIT = 8000
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def open_slack(webhook: str, timeout_seconds: float = 15.0) -> Send:
    """Post to an incoming webhook, an https address. Raises ConfigError when it is none.

    The sender raises DeliveryDeferred when nothing can have been posted (no connection, 429, 5xx), DeliveryAmbiguous
    when the answer was lost, DeliveryRefused on any other answer but 200.
    """
    host = _webhook_host(webhook)

    def send(message: Message) -> None:
        with requests.Session() as session:
            session.trust_env = False  # no proxy and no netrc from the environment may see the secret
            try:
                response = session.post(
                    webhook,
                    json=build_post(message),
                    timeout=(min(timeout_seconds, 5.0), timeout_seconds),
                    allow_redirects=False,
                    stream=True,
                )
            except requests.RequestException as error:
                # Its text holds the address, so neither text nor cause goes on.
                raise _lost(error, host) from None
            with response:
                _judge(response, host)

    return send


def build_post(message: Message) -> dict[str, Any]:
    """What is sent for a message. Nothing is unfurled; the only links are ours, on addresses from `link_address`."""
    blocks = _alert_blocks(message) if message.kind == "alert" else _digest_blocks(message)
    return {
        "text": escape_mrkdwn(one_line(message.subject, 300)),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escape_mrkdwn(text: str) -> str:
    """Foreign text inside mrkdwn: `&`, `<` and `>` as entities, so that no `<!channel>`, `<@user>` or `<link|text>`
    can be written; the signs for bold, strike-through, italics, code and the end of an address as look-alikes, since
    they have no escape."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").translate(_FORMATTING)


_FORMATTING = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ", "_": "ˍ", "|": "∣"})


def _alert_blocks(message: Message) -> list[dict[str, Any]]:
    title = escape_mrkdwn(one_line(message.title or message.subject, 300))
    headline = f"<{address}|{title}>" if (address := _link(message.url)) else title
    # A zero-width space on both sides: Slack sees *bold* only between spaces, which Japanese does not write.
    sentence = "".join(
        f"\u200b*{escape_mrkdwn(piece.text.strip())}*\u200b" if piece.is_marked else escape_mrkdwn(piece.text)
        for piece in split_marks(message.sentence[:1200], message.marks)
    )
    blocks = [_section(f"*{headline}*")]
    if sentence.strip():
        blocks.append(_section(sentence))
    context = " · ".join(
        part for part in (one_line(message.context, 300), shown_host(link_address(message.url))) if part
    )
    if context:
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": escape_mrkdwn(context)}]})
    return blocks


def _digest_blocks(message: Message) -> list[dict[str, Any]]:
    """The paragraphs of the plain text, as many to a section as fit."""
    header = one_line(message.subject, HEADER_LIMIT)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": {"type": "plain_text", "text": header, "emoji": False}}]
    paragraphs = [part for part in (_paragraph(part) for part in message.text.split("\n\n")) if part]
    shown = _fitting(paragraphs)
    blocks += [_section("\n\n".join(section)) for section in _gather(paragraphs[:shown])]
    left = len(paragraphs) - shown
    if left:
        note = f"… and {left} more paragraphs: the whole digest is in watchwire."
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": note}]})
    return blocks


def _paragraph(text: str) -> str:
    """Lines escaped, **mentions** in bold, a line that is an address as a link named by its host."""
    lines = []
    for raw in text.splitlines():
        line = one_line(raw)
        if address := _link(line):
            lines.append(f"<{address}|{escape_mrkdwn(shown_host(address))}>")
        else:
            parts = re.split(r"\*\*(.+?)\*\*", line[:1200])
            lines.append(
                "".join(f"\u200b*{escape_mrkdwn(p)}*\u200b" if i % 2 else escape_mrkdwn(p) for i, p in enumerate(parts))
            )
    return "\n".join(lines).strip()


def _fitting(paragraphs: list[str]) -> int:
    """How many of the paragraphs one post may hold."""
    size = 0
    for number, paragraph in enumerate(paragraphs):
        size += len(paragraph) + 2
        if number and size > POST_LIMIT:
            return number
    return len(paragraphs)


def _gather(paragraphs: list[str]) -> Iterator[list[str]]:
    """Paragraphs in groups whose text, joined by blank lines, keeps the limit of a section."""
    group: list[str] = []
    size = 0
    for paragraph in paragraphs:
        if group and size + len(paragraph) + 2 > SECTION_LIMIT:
            yield group
            group, size = [], 0
        group.append(paragraph)
        size += len(paragraph) + 2
    if group:
        yield group


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _cut(text), "verbatim": True}}


def _cut(text: str) -> str:
    """At most SECTION_LIMIT characters, at a line end, so that no link and no entity is cut through."""
    if len(text) <= SECTION_LIMIT:
        return text
    kept = text[:SECTION_LIMIT].rpartition("\n")[0]
    return f"{kept}\n…" if kept else "…"


def _link(url: str) -> str:
    """An address for `<address|text>`: `link_address` has percent-encoded what could end it."""
    address = link_address(url)
    return address if len(address) <= 1000 else ""


def _webhook_host(webhook: str) -> str:
    try:
        parts = urlsplit(webhook.strip())
    except ValueError:
        parts = urlsplit("")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not is_safe or not parts.hostname:
        raise ConfigError("the webhook is not an https address", mend="copy it from Slack's Incoming Webhooks page")
    return parts.hostname


def _judge(response: requests.Response, host: str) -> None:
    status = response.status_code
    if status == 200:
        return
    if status == 429:
        raise DeliveryDeferred(
            "Slack asks to slow down",
            code="http_429",
            place=host,
            retry_after_seconds=_retry_after(response.headers),
        )
    said = _reason(response)
    if status >= 500 or status == 408:
        raise DeliveryDeferred(f"Slack answered {status}{said}", code=f"http_{status}", place=host)
    raise DeliveryRefused(
        f"Slack answered {status}{said}", code=f"http_{status}", place=host, mend="is the webhook still installed?"
    )


def _lost(error: requests.RequestException, host: str) -> DeliveryDeferred | DeliveryAmbiguous:
    """Deferred where no connection was made, so that nothing can have been posted; else ambiguous."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    never_connected = isinstance(error, (requests.ConnectTimeout, requests.exceptions.SSLError)) or (
        # urllib3 is not ours to import; the name of the class is its only other mark.
        type(reason).__name__ in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError")
    )
    if never_connected:
        return DeliveryDeferred(f"no connection ({type(error).__name__})", code="unreachable", place=host)
    return DeliveryAmbiguous(f"the answer was lost ({type(error).__name__})", code="answer_lost", place=host)


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds; a minute where Slack says nothing usable."""
    value = headers.get("Retry-After", "").strip()
    return float(value) if re.fullmatch("[0-9]{1,9}", value) else 60.0


def _reason(response: requests.Response) -> str:
    """Slack's own word for it, such as `no_service`; nothing else is repeated, it could hold the address."""
    try:
        word = response.raw.read(100, decode_content=True).decode("ascii", "replace").strip()
    except Exception:  # whatever urllib3 raises here changes nothing: the status has been said
        return ""
    return f": {word}" if re.fullmatch("[a-z_]{1,60}", word) else ""
