"""The command line: every verb, one process, one exit code.

Exit codes: 0 fine · 1 something was found or failed that is told in the output · 2 the call, a setting or a seed file
is wrong · 3 the database · 4 the network · 130 interrupted. Errors are one line on standard error.
"""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from pipeline.errors import WatchwireError
from watchwire.commands import admin, demo, look, stages, work

app = typer.Typer(
    name="watchwire",
    help="A watchlist on the newswire: fetches sources, reads, recognises copies and stories, tags, alerts, digests.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for room in (demo, work, look, admin, stages):
    room.add_to(app)


@app.callback()
def set_logging(
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="Log more; twice: everything.")] = 0,
) -> None:
    """Watch the news for a list of names."""
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)


def main() -> None:
    """Entry point of the `watchwire` script."""
    try:
        app()
    except WatchwireError as error:
        sys.stderr.write(f"watchwire: {error}\n")
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        sys.stderr.write("watchwire: interrupted\n")
        raise SystemExit(130) from None
    except BrokenPipeError:  # the reader of our output has gone: `watchwire articles | head`
        sys.stderr.close()
        raise SystemExit(0) from None
