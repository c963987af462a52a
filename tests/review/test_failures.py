from datetime import timedelta
from functools import partial

import pytest

from review.failures import begin_attempt, source_of_address, succeeded


def attempt(site, *sources):
    return site.perform(partial(begin_attempt, sources=sources, now=site.clock.now))


def test_waits_double_up_to_a_quarter_of_an_hour(site):
    waits = []
    for _ in range(15):
        while (wait := attempt(site, "login anna")) is not None:
            waits.append(wait.total_seconds())
            site.clock.now += wait
    assert waits == [15, 30, 60, 120, 240, 480, 900, 900, 900, 900]


def test_attempts_at_once_do_not_slip_through(site):
    """Each counts before the password is looked at, however many are under way."""
    jobs = [
        site.log.perform(partial(begin_attempt, sources=("login anna",), now=site.clock.now))
        for _ in range(50)
    ]
    assert sum(job.result(10) is None for job in jobs) == 5


def test_a_refused_attempt_does_not_make_the_wait_longer(site):
    for _ in range(5):
        attempt(site, "login anna")
    assert [attempt(site, "login anna") for _ in range(20)] == [timedelta(seconds=15)] * 20


def test_success_forgets_the_name_and_takes_one_from_the_address(site):
    for _ in range(4):
        attempt(site, "login anna", "address 203.0.113.7")
    site.perform(partial(succeeded, forget="login anna", take_back="address 203.0.113.7"))
    assert attempt(site, "login anna") is None
    assert attempt(site, "address 203.0.113.7") is None
    assert attempt(site, "address 203.0.113.7") is None
    assert attempt(site, "address 203.0.113.7") is not None


def test_failures_are_forgotten_after_a_quiet_day(site):
    for _ in range(12):
        attempt(site, "login anna")
        site.clock.move(minutes=16)
    site.clock.move(hours=24)
    for _ in range(5):
        assert attempt(site, "login anna") is None


def test_a_clock_that_goes_back_a_year_does_not_lock_anybody_out_for_a_year(site):
    for _ in range(6):
        attempt(site, "login anna")
        site.clock.move(seconds=15)
    site.clock.move(days=-365)
    wait = attempt(site, "login anna")
    assert timedelta(0) < wait <= timedelta(minutes=15)
    site.clock.now += wait
    assert attempt(site, "login anna") is None


def test_names_and_addresses_are_kept_as_digests(site):
    attempt(site, "login a-password-typed-here")
    site.log.flush()
    for file in site.places.database.parent.rglob("*"):
        assert not file.is_file() or b"a-password-typed-here" not in file.read_bytes()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("203.0.113.7", "203.0.113.8", False),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("unknown", "unknown", True),
    ],
)
def test_an_ipv6_site_is_one_source(one, other, same):
    assert (source_of_address(one) == source_of_address(other)) == same
