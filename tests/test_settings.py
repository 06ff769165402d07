"""Settings: every variable is in the table, and a mistake is named with what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SettingError
from watchwire.settings import Settings, describe_settings, find_secret, hide_password, load_settings


def test_defaults_need_no_environment_and_give_a_sqlite_file_at_home() -> None:
    settings = load_settings({})
    assert settings == Settings()
    assert settings.database.endswith("/.watchwire/watchwire.db") and settings.database.startswith("sqlite:////")


def test_values_are_read_by_their_type() -> None:
    settings = load_settings(
        {
            "WATCHWIRE_HOME": "data",
            "WATCHWIRE_ALLOW_HOSTS": "127.0.0.1:80, 127.0.0.1:81,",
            "WATCHWIRE_PARSER_WORKERS": " 3 ",
            "WATCHWIRE_TOTAL_SECONDS": "2.5",
            "WATCHWIRE_CONTACT": "",
            "HOME": "elsewhere",
        }
    )
    assert settings.home == Path("data") and settings.parser_workers == 3 and settings.total_seconds == 2.5
    assert settings.allow_hosts == ("127.0.0.1:80", "127.0.0.1:81")


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("WATCHWIRE_HOEM", "x", "did you mean WATCHWIRE_HOME"),
        ("WATCHWIRE_XYZZY", "x", "watchwire settings"),
        ("WATCHWIRE_PARSER_WORKERS", "two", "whole number"),
        ("WATCHWIRE_TOTAL_SECONDS", "soon", "a number"),
        ("WATCHWIRE_TOTAL_SECONDS", "0", "more than 0"),
        ("WATCHWIRE_PARSER_WORKERS", "0", "at least 1"),
        ("WATCHWIRE_PARSER_MEMORY_MB", "10", "at least 256"),
        ("WATCHWIRE_SERVER_PORT", "70000", "port"),
        ("WATCHWIRE_SMTP_SECURITY", "ssl", "starttls"),
        ("WATCHWIRE_TIMEZONE", "Tokyo/Asia", "Asia/Tokyo"),
    ],
)
def test_a_mistake_is_named(variable: str, value: str, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({variable: value})
    assert variable in str(caught.value) and message in str(caught.value)
    assert caught.value.exit_code == 2


def test_secrets_are_found_by_name_and_are_no_settings() -> None:
    environment = {"WATCHWIRE_SECRET_SLACK": "token"}
    assert load_settings(environment) == Settings()
    assert find_secret("slack", environment) == "token" and find_secret("other", environment) == ""


def test_the_table_describes_every_setting_and_hides_the_database_password() -> None:
    rows = describe_settings(load_settings({"WATCHWIRE_DATABASE_URL": "postgresql://me:secret@db/news"}))
    assert all(row["help"] for row in rows)
    assert ":secret@" not in str(rows)
    assert hide_password("postgresql://me:secret@db/news") == "postgresql://me:***@db/news"
