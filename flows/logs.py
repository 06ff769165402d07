"""The log of the core, which knows only the standard library, in the log of the run that does its work."""

import logging

from prefect.logging.handlers import APILogHandler
from prefect.settings import get_current_settings

CORE = ("pipeline", "extractors", "storage", "delivery", "watchwire")


def listen_to_core() -> None:
    """Send what the core logs to the run's log, at Prefect's own level.

    Prefect's setting for extra loggers gives them the handler, but they inherit WARNING from the root logger. Raising
    the root would raise every library with it: one line for each request that Prefect makes itself.
    """
    level = get_current_settings().logging.level
    for name in CORE:
        logger = logging.getLogger(name)
        logger.setLevel(level)
        if not any(isinstance(handler, APILogHandler) for handler in logger.handlers):
            logger.addHandler(APILogHandler())
