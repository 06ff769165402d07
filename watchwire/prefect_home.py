"""The environment that keeps Prefect at home: its files in our folder, its server on loopback, nothing sent out.

The batch sizes bring a task's cost in the server from 22–32 ms to 6–9 ms of CPU; the ephemeral start-up limit lets a
slow machine create its database the first time (about 12 s).
"""

from __future__ import annotations

from watchwire.settings import Settings

CORE_LOGGERS = "pipeline,extractors,storage,delivery,watchwire"


def prefect_environment(settings: Settings) -> dict[str, str]:
    """Variables for a process that runs flows, with a server of its own or without."""
    return {
        "PREFECT_HOME": str((settings.home / "prefect").absolute()),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "200",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "200",
        "PREFECT_LOGGING_EXTRA_LOGGERS": CORE_LOGGERS,
        "PREFECT_LOGGING_ROOT_LEVEL": "INFO",  # without it the loggers above stay at WARNING
    }


def server_environment(settings: Settings, port: int) -> dict[str, str]:
    """Variables for the processes under `watchwire up`: one server on loopback, all talk to it."""
    return {
        **prefect_environment(settings),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_UI_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "WATCHWIRE_TIMEZONE": settings.timezone,  # prefect.yaml writes it into the digests' schedules
    }
