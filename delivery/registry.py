"""Which kinds of channels there are, and what each takes from `channels.yaml` and from the secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError
from pipeline.ports import Send
from pipeline.records import Channel

if TYPE_CHECKING:
    from rich.console import Console

    from delivery.email import SmtpAccount

KINDS = ("console", "file", "email", "slack")


def open_channel(
    channel: Channel,
    *,
    secret: Callable[[str], str],
    smtp: SmtpAccount,
    folder: Path,
    console: Console | None = None,
) -> Send:
    """The sender of a channel, with its options as `channels.yaml` has them.

    `secret` gives the secret of a name, empty when it is not set; a channel's `webhook_secret` is such a name.
    `folder` is the home folder, under which a channel's own lies unless it is absolute. `console` is standard output
    unless given. Raises ConfigError naming the channel and the mend.
    """
    place = f"channel {channel.slug}"
    if channel.kind not in KINDS:
        raise ConfigError(f"unknown kind `{channel.kind}`", place=place, mend=f"one of {', '.join(KINDS)}")
    try:
        return _open(channel, secret, smtp, folder, console)
    except ConfigError as error:
        raise ConfigError(error.message, code=error.code, place=place, mend=error.mend) from None


def _open(
    channel: Channel, secret: Callable[[str], str], smtp: SmtpAccount, folder: Path, console: Console | None
) -> Send:
    options = channel.options
    match channel.kind:
        case "file":
            from delivery.file import open_file

            return open_file(folder / _required(options, "folder"))
        case "email":
            from delivery.email import open_email

            recipients = [part.strip() for part in _required(options, "to").split(",")]
            return open_email(smtp, recipients, from_name=options.get("from_name", ""))
        case "slack":
            from delivery.slack import open_slack

            return open_slack(_find_secret(_required(options, "webhook_secret"), secret))
    from delivery.console import open_console

    if console is None:
        from rich.console import Console

        console = Console()
    return open_console(console)


def _required(options: Mapping[str, str], name: str) -> str:
    if not options.get(name):
        raise ConfigError(f"`{name}` is missing", mend=f"add `{name}:` to the channel in channels.yaml")
    return options[name]


def _find_secret(name: str, secret: Callable[[str], str]) -> str:
    value = secret(name).strip()
    if not value:
        raise ConfigError(f"the secret {name} is not set", mend=f"set WATCHWIRE_SECRET_{name.upper()}")
    return value
