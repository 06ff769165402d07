"""Date strings as they stand in feeds and on pages, and the moment each names."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dates import parse_date

AT = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
DAY = datetime(2026, 11, 24, tzinfo=UTC)

READ = [
    # RFC 822 and 2822
    ("Tue, 24 Nov 2026 14:05:00 GMT", AT),
    ("Tue, 24 Nov 2026 14:05:00 +0000", AT),
    ("Tue, 24 Nov 2026 14:05:00 Z", AT),
    ("24 Nov 2026 14:05 UT", AT),
    ("Tue,24 Nov 2026 17:05:00 +0300", AT),
    ("Tue, 24 Nov 26 14:05:00 GMT", AT),
    ("Tue, 24 Nov 2026 09:05:00 EST", AT),
    ("Tue, 24 Nov 2026 09:05:00 -0500 (EST)", AT),
    ("Tue, 24 November 2026 14:05:00 GMT", AT),
    ("Wed, 24 Nov 2026 14:05:00 GMT", AT),  # the wrong weekday
    ("tue, 24 NOV 2026 14:05:00 gmt", AT),
    ("Tue Nov 24 14:05:00 2026", AT),
    ("Tue Nov 24 17:05:00 +0300 2026", AT),
    ("Tue, 24 Nov 2026", DAY),
    # named zones that feedparser takes for UTC
    ("Tue, 24 Nov 2026 23:05:00 JST", AT),
    ("Tue, 24 Nov 2026 17:05:00 MSK", AT),
    ("24.11.2026 17:05 мск", AT),
    ("Tue, 24 Nov 2026 15:05:00 CET", AT),
    ("Tue, 24 Nov 2026 16:05:00 EET", AT),
    ("Tue, 24 Nov 2026 17:05:00 EEST", AT),
    ("Tue, 24 Nov 2026 17:05:00 GMT+3", AT),
    ("Tue, 24 Nov 2026 17:05:00 UTC+03:00", AT),
    # zones that are none
    ("Tue, 24 Nov 2026 14:05:00 +9900", AT),
    ("Tue, 24 Nov 2026 14:05:00 +0075", AT),
    ("Tue, 24 Nov 2026 14:05:00 XYZT", AT),
    ("Tue, 24 Nov 2026 14:05:00", AT),
    # ISO 8601, W3CDTF
    ("2026-11-24T14:05:00Z", AT),
    ("2026-11-24T14:05Z", AT),
    ("2026-11-24t14:05:00.123456z", AT),
    ("2026-11-24T17:05:00+03:00", AT),
    ("2026-11-24T17:05:00+0300", AT),
    ("2026-11-24T17:05:00+03", AT),
    ("2026-11-24T09:05:00-05:00[America/New_York]", AT),
    ("2026-11-24T19:35:00+05:30", AT),
    ("2026-11-24 14:05:00", AT),
    ("2026-11-24 14:05:00 UTC", AT),
    ("  2026-11-24T14:05:00Z\n", AT),
    ("2026-11-24", DAY),
    ("2026/11/24 14:05", AT),
    ("2026.11.24", DAY),
    ("20261124T140500Z", AT),
    ("20261124", DAY),
    ("20261124140500", AT),
    ("2026-11-24T24:00:00Z", datetime(2026, 11, 25, tzinfo=UTC)),
    ("2026-11-24T14:05:60Z", AT.replace(second=59)),
    ("2028-02-29", datetime(2028, 2, 29, tzinfo=UTC)),
    # Unix time: that is what ten digits are; feedparser reads the year 1763
    ("1763978400", datetime(2025, 11, 24, 10, 0, tzinfo=UTC)),
    ("1763978400123", datetime(2025, 11, 24, 10, 0, tzinfo=UTC)),
    # English
    ("Nov. 24, 2026", DAY),
    ("November 24, 2026", DAY),
    ("Nov 24, 2026, 2:05 p.m.", AT),
    ("Nov 24, 2026 9:05 AM EST", AT),
    ("Tuesday, 24th November 2026", DAY),
    ("Sat, Nov 24 2026 12:30:00 AM", datetime(2026, 11, 24, 0, 30, tzinfo=UTC)),
    ("2:05 PM, 24 November 2026", AT),
    ("Published: 24 November 2026 14:05 GMT", AT),
    ("11/24/2026 14:05", AT),
    ("24/11/2026", DAY),
    # Russian, Ukrainian and neighbours
    ("24 ноября 2026", DAY),
    ("24 ноября 2026 г., 14:05", AT),
    ("вторник, 24 ноября 2026, 14:05", AT),
    ("24 нояб. 2026, 14:05", AT),
    ("14:05, 24 ноября 2026", AT),
    ("24 НОЯБРЯ 2026", DAY),
    ("24 листопада 2026 р.", DAY),
    ("24 листопада 2026 р. о 14:05", AT),
    ("середа, 24 листопада 2026, 14:05", AT),  # the weekday begins like a month
    ("24 мая 2026", datetime(2026, 5, 24, tzinfo=UTC)),
    ("24 травня 2026", datetime(2026, 5, 24, tzinfo=UTC)),
    ("24.11.2026", DAY),
    ("24.11.2026, 14:05", AT),
    ("14:05 24.11.2026", AT),
    ("mar, 24 nov 2026 15:05:00 +0100", AT),  # Italian: mar is Tuesday
    ("24. März 2026", datetime(2026, 3, 24, tzinfo=UTC)),
    ("mardi 24 novembre 2026 à 14h05", AT),
    # Japanese
    ("2026年11月24日", DAY),
    ("2026年11月24日 14時05分", AT),
    ("2026年11月24日14時5分", AT),
    ("2026年11月24日（火） 14:05", AT),
    ("2026年11月24日(火曜日)午後2時5分", AT),
    ("2026年11月24日 午前0時半", datetime(2026, 11, 24, 0, 30, tzinfo=UTC)),
    ("２０２６年１１月２４日　１４時０５分", AT),
    ("令和8年11月24日", DAY),
    ("公開日：2026年11月24日", DAY),
    ("2026/11/24(火) 14:05", AT),
    ("2026-11-24 23:05 JST", AT),
]

NO_DATE = [
    "", " ", "now", "yesterday", "2 hours ago", "вчера в 14:05", "14:05", "24 Nov", "November 2026", "2026", "2026-11",
    "-2026-11-24", "9999-12-31", "0000-00-00", "0000-00-00 00:00:00", "0001-01-01T00:00:00Z", "1763-11-24",
    "1989-12-31T23:59:59Z", "2101-01-01", "Thu, 01 Jan 1970 00:00:00 GMT", "0", "1", "123456789", "99999999999999",
    "2026-13-01", "2026-11-31", "2027-02-29", "31 ноября 2026", "2026-11-24T25:61:00Z",
    "03/04/2026", "1/2/2026", "24-11-26", "24 Foo 2026", "24 Nov 123", "2026年13月40日", "令和99年1月1日", "٢٠٢٦",
    "²⁰²⁶", "24 Nov 2026 14:05 " + "x" * 60, "\x00", "\ud800", "12" * 32,
]  # fmt: skip


@pytest.mark.parametrize(("raw", "moment"), READ)
def test_dates_are_read(raw, moment):
    assert parse_date(raw) == moment
    assert parse_date(raw).tzinfo is UTC


@pytest.mark.parametrize("raw", NO_DATE)
def test_what_names_no_moment_is_none(raw):
    assert parse_date(raw) is None


def test_the_language_decides_which_number_is_the_month():
    assert parse_date("03/04/2026", language="ru") == datetime(2026, 4, 3, tzinfo=UTC)
    assert parse_date("03.04.2026") == datetime(2026, 4, 3, tzinfo=UTC)
    assert parse_date("03/03/2026") == datetime(2026, 3, 3, tzinfo=UTC)
    assert parse_date("03/04/2026", language="en") is None


@given(st.text(max_size=70) | st.text("0123456789-/.:+TZ年月日時 ноябрaevNp", max_size=64))
def test_anything_is_a_date_in_range_or_none(raw):
    moment = parse_date(raw)
    assert moment is None or (moment.tzinfo is UTC and 1990 <= moment.year <= 2100)


@given(st.datetimes(datetime(1990, 1, 2), datetime(2100, 12, 30)), st.integers(-14 * 4, 14 * 4))
def test_iso_and_rfc_forms_of_one_moment_are_one_moment(moment, quarters):
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    minutes = abs(quarters) * 15
    sign = "+" if quarters >= 0 else "-"
    local = moment.timestamp() + quarters * 900
    shown = datetime.fromtimestamp(local, UTC)
    offset = f"{sign}{minutes // 60:02}:{minutes % 60:02}"
    assert parse_date(shown.strftime("%Y-%m-%dT%H:%M:%S") + offset) == moment
    assert parse_date(shown.strftime("%a, %d %b %Y %H:%M:%S ") + offset.replace(":", "")) == moment


@pytest.mark.parametrize("piece", ["1", "1:", "12:00 ", "年", "1年", "2026-", "+03", " ", "nov ", "a.m.", "24.11."])
def test_hostile_strings_cost_nothing(piece):
    started = time.perf_counter()
    for length in (64, 10_000, 1_000_000):
        parse_date((piece * length)[:length])
    assert time.perf_counter() - started < 0.2
