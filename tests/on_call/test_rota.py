from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from on_call.addresses import AddressError
from on_call.rota import Contact, DutyHours, Rota, RotaError

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def moment(day, clock):
    """A moment in UTC in a week that begins on a Monday."""
    hour, minute = clock.split(":")
    return MONDAY + timedelta(days=day, hours=int(hour), minutes=int(minute))


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("Mon-Fri 09:00-17:00", [(0, "09:00"), (4, "16:59")], [(0, "08:59"), (4, "17:00"), (5, "10:00")]),
        ("Sat 22:00-06:00", [(5, "22:00"), (6, "05:59")], [(5, "05:00"), (6, "06:00"), (6, "22:30")]),
        ("daily 08:00-24:00", [(6, "08:00"), (6, "23:59")], [(0, "00:00"), (3, "07:59")]),
        ("Sun 20:00-08:00", [(6, "23:00"), (0, "07:59")], [(0, "08:00"), (0, "20:00")]),
        ("Fri-Mon 10:00-11:00", [(4, "10:00"), (5, "10:30"), (6, "10:00"), (0, "10:59")], [(1, "10:00")]),
        ("Mon,Wed,Fri 10:00-11:00", [(0, "10:00"), (2, "10:00")], [(1, "10:00"), (3, "10:00")]),
        ("mon 22:00-00:00", [(0, "23:59")], [(1, "00:00"), (0, "00:00")]),
        ("DAILY 00:00-24:00", [(0, "00:00"), (6, "23:59")], []),
        (" Mon-Fri,Sun  09:00 - 10:00 ", [(6, "09:30"), (0, "09:30")], [(5, "09:30")]),
    ],
)
def test_hours_cover_what_they_say(text, inside, outside):
    hours = DutyHours.parse(text)
    assert [at for at in inside if not hours.covers(moment(*at))] == []
    assert [at for at in outside if hours.covers(moment(*at))] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "09:00-17:00",
        "Mon",
        "Mon 9:00-17:00",
        "Mon 09:00",
        "Mon 09:00-25:00",
        "Mon 09:60-10:00",
        "Mon 24:00-02:00",
        "Mon 09:00-24:30",
        "Mon 09:00-09:00",
        "Montag 09:00-17:00",
        "Mox 09:00-17:00",
        "Mon-Tue-Wed 09:00-17:00",
        "Mon- 09:00-17:00",
        "weekdays 09:00-17:00",
        "Mon 09:00-17:00; Tue 09:00-17:00",
        "Mon ۰۹:۰۰-۱۷:۰۰",
    ],
)
def test_other_hours_are_refused_with_an_example(text):
    with pytest.raises(RotaError, match=r"Mon-Fri 09:00-17:00"):
        DutyHours.parse(text)


_hours = st.builds(
    DutyHours,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(0, 1440),
).filter(lambda hours: hours.start_minute != hours.end_minute)


@settings(deadline=None)
@given(_hours)
def test_hours_read_back_as_they_are_written(hours):
    assert DutyHours.parse(str(hours)) == hours


@settings(deadline=None, max_examples=25)
@given(_hours)
def test_a_week_has_as_many_minutes_of_duty_as_its_spans(hours):
    length = (hours.end_minute - hours.start_minute) % 1440 or 1440
    covered = sum(hours.covers(MONDAY + timedelta(minutes=minute)) for minute in range(7 * 1440))
    assert covered == len(hours.days) * length


@settings(deadline=None)
@given(
    _hours,
    st.sampled_from(["UTC", "Asia/Tehran", "Europe/London", "America/St_Johns", "Australia/Lord_Howe"]),
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2060, 1, 1)),
)
def test_duty_follows_the_clock_on_the_contacts_wall(hours, zone, naive):
    contact = Contact("any", email="a@b.example", timezone=zone, hours=(hours,))
    at = naive.replace(tzinfo=UTC)
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert contact.is_on_duty(at) == hours.covers(wall)


def test_when_clocks_go_forward_duty_across_the_gap_goes_on():
    contact = Contact(
        "any", email="a@b.example", timezone="Europe/London", hours=(DutyHours.parse("Sun 00:30-02:30"),)
    )
    # 29 March 2026, 01:00 UTC: 00:59 is followed by 02:00.
    start = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    on_duty = [minute for minute in range(180) if contact.is_on_duty(start + timedelta(minutes=minute))]
    assert on_duty == list(range(30, 90))


def test_when_clocks_go_back_both_hours_of_the_same_name_are_duty():
    contact = Contact(
        "any", email="a@b.example", timezone="Europe/London", hours=(DutyHours.parse("Sun 01:00-02:00"),)
    )
    # 25 October 2026, 01:00 UTC: 01:59 is followed by 01:00.
    start = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    on_duty = [minute for minute in range(180) if contact.is_on_duty(start + timedelta(minutes=minute))]
    assert on_duty == list(range(120))


def test_a_contact_without_hours_is_always_on_duty(contact):
    assert all(contact().is_on_duty(MONDAY + timedelta(hours=hour)) for hour in range(168))


def test_a_clinics_own_contacts_come_before_those_of_any_clinic(contact):
    night = Contact("Night", email="n@b.example", hours=(DutyHours.parse("daily 20:00-08:00"),))
    rota = Rota({"*": [contact("Anybody")], "north": [night, contact("North")], "south": [contact("South")]})

    def names(clinic, clock):
        return [each.name for each in rota.on_duty(clinic, moment(0, clock))]

    assert names("north", "21:00") == ["Night", "North", "Anybody"]
    assert names("north", "12:00") == ["North", "Anybody"]
    assert names("elsewhere", "12:00") == names(None, "12:00") == names("*", "12:00") == ["Anybody"]
    assert rota.contact("Night") == night
    assert rota.contact("Nobody") is None
    assert {each.name for each in rota.everybody} == {"Night", "North", "South", "Anybody"}


def test_without_contacts_nobody_is_there(contact):
    assert not Rota({}).anyone(None, MONDAY)
    assert not Rota({"north": [contact()]}).anyone("south", MONDAY)
    assert Rota({"north": [contact()]}).anyone("north", MONDAY)


@pytest.mark.parametrize(
    ("fields", "error", "mention"),
    [
        ({"name": " "}, RotaError, "name"),
        ({"name": "a\nb"}, RotaError, "name"),
        ({"name": "a\u202eb"}, RotaError, "name"),
        ({"name": "x" * 101}, RotaError, "name"),
        ({"email": None}, RotaError, "webhook or an email"),
        ({"timezone": "Tehran"}, RotaError, "Asia/Tehran"),
        ({"timezone": "../etc/passwd"}, RotaError, "Asia/Tehran"),
        ({"timezone": "Europe"}, RotaError, "Asia/Tehran"),
        ({"timezone": ""}, RotaError, "Asia/Tehran"),
        ({"email": "nobody"}, AddressError, "mail address"),
        ({"webhook": "http://clinic.example"}, AddressError, "https"),
    ],
)
def test_a_contact_that_cannot_be_called_is_refused(fields, error, mention):
    with pytest.raises(error, match=mention):
        Contact(**{"name": "any", "email": "a@b.example", **fields})


def test_persian_names_may_have_half_spaces():
    assert Contact("مریم نوروزی\u200cنژاد", email="a@b.example").name.endswith("نژاد")


def test_two_contacts_of_one_name_are_refused(contact):
    with pytest.raises(RotaError, match="name of its own"):
        Rota({"*": [contact("Twin")], "north": [contact("Twin")]})


def test_a_webhook_stays_out_of_the_representation(contact):
    assert "secret" not in repr(contact("Any", webhook="https://clinic.example/secret"))
