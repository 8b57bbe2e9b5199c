"""The day of study: zones, summer time, travel, clocks that are wrong."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.reviews import days
from learn.reviews.moments import DAY, TOLERANCE_MS, believed

BERLIN, SHANGHAI, APIA = "Europe/Berlin", "Asia/Shanghai", "Pacific/Apia"


def local(zone: str, *when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize("zone", [BERLIN, SHANGHAI, "America/St_Johns", "Asia/Kathmandu", "UTC"])
def test_the_day_begins_at_four(zone):
    clock = days.clock(zone)

    assert days.study_date(local(zone, 2026, 3, 10, 3, 59), clock) == date(2026, 3, 9)
    assert days.study_date(local(zone, 2026, 3, 10, 4, 0), clock) == date(2026, 3, 10)


def test_in_spring_the_lost_hour_is_of_the_old_day():
    clock = days.clock(BERLIN)

    assert days.study_date(datetime(2026, 3, 29, 0, 59, tzinfo=UTC), clock) == date(2026, 3, 28)  # 01:59
    assert days.study_date(datetime(2026, 3, 29, 1, 0, tzinfo=UTC), clock) == date(2026, 3, 28)  # 03:00
    assert days.study_date(datetime(2026, 3, 29, 2, 0, tzinfo=UTC), clock) == date(2026, 3, 29)  # 04:00


def test_in_autumn_the_hour_that_comes_twice_is_of_the_old_day_both_times():
    clock = days.clock(BERLIN)
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    assert days.study_date(first, clock) == days.study_date(second, clock) == date(2026, 10, 24)
    assert days.begins(date(2026, 10, 26), clock) - days.begins(date(2026, 10, 25), clock) == timedelta(hours=24)
    assert days.begins(date(2026, 10, 25), clock) - days.begins(date(2026, 10, 24), clock) == timedelta(hours=25)


def test_a_country_that_skips_a_date_skips_it_here():
    clock = days.clock(APIA)
    before = datetime(2011, 12, 30, 9, 59, tzinfo=UTC)  # 29 December, 23:59, the last of that calendar

    assert days.study_date(before, clock) == date(2011, 12, 29)
    assert days.study_date(before + timedelta(hours=6), clock) == date(2011, 12, 31)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "America", "\x00", "x" * 500, "Europe/berlin "])
def test_a_zone_that_does_not_exist_is_utc_and_says_so(zone):
    clock = days.clock(zone)

    assert (clock.name, bool(clock.note)) == ("UTC", True)
    assert days.study_date(datetime(2026, 3, 10, 3, 59, tzinfo=UTC), clock) == date(2026, 3, 9)


def test_an_hour_that_no_day_has_is_four():
    assert days.clock("UTC", 27).rollover == 4


ZONES = st.sampled_from([BERLIN, SHANGHAI, "America/Havana", "Australia/Lord_Howe", "Asia/Amman", "America/New_York"])


@given(ZONES, st.integers(0, 23), st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1)))
def test_days_never_go_back_as_time_goes_on(zone, rollover, moment):
    clock = days.clock(zone, rollover)
    start = moment.replace(tzinfo=UTC)
    seen = [days.study_date(start + timedelta(minutes=20 * step), clock) for step in range(150)]

    assert seen == sorted(seen)


@given(ZONES, st.integers(0, 23), st.dates(date(2015, 1, 1), date(2035, 1, 1)))
def test_a_day_begins_where_the_one_before_ends(zone, rollover, day):
    clock = days.clock(zone, rollover)
    start = days.begins(day, clock)

    assert days.study_date(start, clock) == day
    assert days.study_date(start - timedelta(seconds=1), clock) == day - timedelta(days=1)


NOW = 1_790_000_000_000


@pytest.mark.parametrize(
    "claimed, sent, moment, clock",
    [
        (NOW - 5 * DAY, NOW, NOW - 5 * DAY, None),  # offline for five days, a good clock
        (NOW - 5 * DAY, None, NOW - 5 * DAY, None),
        (NOW + 50_000, NOW + 50_000, NOW, None),  # a minute ahead is nothing to speak of
        (NOW + 3 * DAY, NOW + 3 * DAY + 600_000, NOW - 600_000, "skewed"),  # three days ahead, all the time
        (NOW - 400 * DAY, NOW - 400 * DAY, NOW, "skewed"),  # a clock that began at its factory
        (NOW + 3 * DAY, NOW, NOW, "future"),  # the clock was put right between answering and sending
        (0, NOW, NOW, "past"),
    ],
)
def test_what_a_wrong_clock_says_is_corrected_or_put_at_now(claimed, sent, moment, clock):
    found = believed(claimed, sent, NOW)

    assert found.utc_ms == moment
    assert (found.note or {}).get("clock") == clock


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15))
def test_no_claim_lands_in_the_future_or_far_in_the_past(claimed, sent):
    assert NOW - 60 * DAY - TOLERANCE_MS <= believed(claimed, sent, NOW).utc_ms <= NOW
