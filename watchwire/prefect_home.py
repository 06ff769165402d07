"""The environment that keeps Prefect at home: its files in our folder, its server on loopback, nothing sent out.

The batch sizes bring a task's cost in the server from 22–32 ms to 6–9 ms of CPU; the ephemeral start-up limit lets a
slow machine create its database the first time (about 12 s).
"""

from __future__ import annotations

from watchwire.settings import Settings

SECONDS_RUNS_ARE_KEPT = 7 * 24 * 3600
"""A day of passes and deliveries fills some 60 MB of Prefect's database. The truth is in our own."""


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
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",  # threads of pools log outside of any run
    }


def server_environment(settings: Settings, port: int) -> dict[str, str]:
    """Variables for the processes under `watchwire up`: one server on loopback, all talk to it."""
    return {
        **prefect_environment(settings),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_UI_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",  # runs are never deleted otherwise
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(SECONDS_RUNS_ARE_KEPT),
        "PREFECT_DEPLOYMENTS_CLEAR_SCHEDULES_ON_EMPTY": "true",  # a schedule taken out of prefect.yaml is gone
        "WATCHWIRE_TIMEZONE": settings.timezone,  # prefect.yaml writes it into the digests' schedules
    }
