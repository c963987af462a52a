from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from on_call.alert import Alert
from on_call.escalation import Escalation, EscalationRules, Send, Step
from on_call.rota import Contact
from session_log.events import AlertStep

RAISED = datetime(2026, 11, 20, 19, 44, 5, tzinfo=UTC)
RULES = EscalationRules(acknowledge_within_s=120, attempts=3, attempt_timeout_s=10, retry_pause_s=2)
FIRST = Contact("First", webhook="https://first.example", email="first@clinic.example")
SECOND = Contact("Second", email="second@clinic.example")
THIRD = Contact("Third", email="third@clinic.example")
ALL = (FIRST, SECOND, THIRD)


@pytest.fixture
def escalation(alert):
    return Escalation(alert, RULES)


def sends(actions):
    return [(each.contact.name, each.channel) for each in actions if isinstance(each, Send)]


def steps(actions):
    return [(each.step, each.contact, each.channel) for each in actions if isinstance(each, Step)]


def by(actions, channel):
    return next(each for each in actions if isinstance(each, Send) and each.channel == channel)


def test_the_first_contact_is_called_by_all_its_channels_at_once(escalation):
    assert escalation.next_due_s == float("-inf")
    actions = escalation.due(0, ALL)
    assert steps(actions) == [("raised", "First", None)]
    assert sends(actions) == [("First", "webhook"), ("First", "mail")]
    assert escalation.status == "calling"
    assert escalation.due(0, ALL) == ()
    assert escalation.next_due_s == 120


def test_with_nobody_on_duty_it_is_over_and_says_so(escalation):
    assert steps(escalation.due(0, ())) == [("raised", None, None), ("nobody_on_call", None, None)]
    assert (escalation.status, escalation.is_open, escalation.next_due_s) == ("nobody_on_call", False, None)
    assert escalation.due(1, ALL) == ()
    assert escalation.acknowledge("First") is None


def test_a_failed_channel_is_tried_again_after_pauses_that_double(escalation):
    webhook = by(escalation.due(0, ALL), "webhook")
    assert steps(escalation.failed(webhook, 1)) == [("failed", "First", "webhook")]
    assert escalation.next_due_s == 3
    assert escalation.due(2.9, ALL) == ()
    assert sends(escalation.due(3, ALL)) == [("First", "webhook")]
    escalation.failed(webhook, 4)
    assert escalation.next_due_s == 8
    assert sends(escalation.due(8, ALL)) == [("First", "webhook")]
    escalation.failed(webhook, 9)
    assert escalation.next_due_s == 120  # three attempts: given up, but the mail may have come
    assert escalation.status == "calling"


def test_when_every_channel_has_failed_the_next_contact_is_called_at_once(alert):
    escalation = Escalation(alert, EscalationRules(attempts=1))
    actions = escalation.due(0, ALL)
    escalation.failed(by(actions, "webhook"), 1)
    assert escalation.due(1, ALL) == ()
    escalation.failed(by(actions, "mail"), 2)
    assert escalation.next_due_s == float("-inf")
    actions = escalation.due(2, ALL)
    assert steps(actions) == [("escalated", "Second", None)]
    assert sends(actions) == [("Second", "mail")]


def test_who_does_not_acknowledge_in_time_is_followed_by_the_next_on_duty_then(escalation):
    actions = escalation.due(0, (FIRST, SECOND))
    assert steps(escalation.delivered(by(actions, "mail"))) == [("delivered", "First", "mail")]
    assert escalation.status == "delivered"
    assert escalation.due(119.9, ALL) == ()
    actions = escalation.due(120, (THIRD, SECOND, FIRST))  # the duty has changed meanwhile
    assert steps(actions) == [("escalated", "Third", None)]
    assert escalation.next_due_s == 240


def test_when_everybody_was_called_in_vain_it_is_unreached(escalation):
    escalation.due(0, (FIRST, SECOND))
    escalation.due(120, (FIRST, SECOND))
    assert steps(escalation.due(240, (FIRST, SECOND))) == [("unreached", None, None)]
    assert (escalation.status, escalation.is_open) == ("unreached", False)
    assert escalation.due(1000, ALL) == ()


def test_an_acknowledgement_ends_it(escalation):
    webhook = by(escalation.due(0, ALL), "webhook")
    assert steps(escalation.acknowledge("First")) == [("acknowledged", "First", None)]
    assert (escalation.status, escalation.acknowledged_by) == ("acknowledged", "First")
    assert steps(escalation.failed(webhook, 1)) == [("failed", "First", "webhook")]  # it was under way
    assert escalation.due(500, ALL) == ()


def test_only_the_first_acknowledgement_counts(escalation):
    escalation.due(0, ALL)
    escalation.due(120, ALL)
    assert escalation.acknowledge("Second")
    assert escalation.acknowledge("First") == ()
    assert escalation.acknowledged_by == "Second"


def test_an_earlier_contact_may_still_acknowledge_and_even_after_all_hope(escalation):
    escalation.due(0, (FIRST, SECOND))
    escalation.due(120, (FIRST, SECOND))
    escalation.due(240, (FIRST, SECOND))
    assert escalation.status == "unreached"
    assert steps(escalation.acknowledge("First")) == [("acknowledged", "First", None)]
    assert escalation.status == "acknowledged"


def test_who_was_never_called_cannot_acknowledge(escalation):
    assert escalation.acknowledge("First") is None
    escalation.due(0, ALL)
    assert escalation.acknowledge("Second") is None
    assert escalation.status == "calling"


def test_retries_of_an_earlier_contact_go_on_beside_the_next(escalation):
    webhook = by(escalation.due(0, ALL), "webhook")
    escalation.failed(webhook, 119)
    assert sends(escalation.due(120, ALL)) == [("Second", "mail")]
    assert sends(escalation.due(121, ALL)) == [("First", "webhook")]


def recorded(alert, *happened):
    return [
        AlertStep(
            talk_id=alert.talk_id,
            at=RAISED + timedelta(seconds=seconds),
            alert_id=alert.alert_id,
            step=step,
            level=alert.level,
            kind=alert.kind,
            contact=contact,
            channel=channel,
        )
        for seconds, step, contact, channel in happened
    ]


def resumed(alert, seconds, *happened):
    contacts = {contact.name: contact for contact in ALL}
    return Escalation.resumed(
        alert,
        RULES,
        recorded(alert, *happened),
        contacts.get,
        now=RAISED + timedelta(seconds=seconds),
        now_s=1000,
    )


def test_after_a_restart_the_timer_goes_on_where_it_stood(alert):
    again = resumed(alert, 50, (0, "raised", "First", None), (1, "delivered", "First", "mail"))
    assert (again.status, again.is_open) == ("delivered", True)
    assert sends(again.due(1000, ALL)) == [("First", "webhook")]  # it may have been under way
    assert again.next_due_s == 1070
    assert steps(again.due(1070, ALL)) == [("escalated", "Second", None)]


def test_after_a_long_stop_the_next_contact_is_called_at_once(alert):
    again = resumed(alert, 5000, (0, "raised", "First", None), (1, "delivered", "First", "mail"))
    actions = again.due(1000, ALL)
    assert steps(actions) == [("escalated", "Second", None)]
    assert ("Second", "mail") in sends(actions)


def test_a_restart_gives_no_attempts_anew(alert):
    failed = [(second, "failed", "First", channel) for second in (1, 2) for channel in ("webhook", "mail")]
    again = resumed(alert, 10, (0, "raised", "First", None), *failed)
    actions = again.due(1000, ALL)
    assert sends(actions) == [("First", "webhook"), ("First", "mail")]
    for channel in ("webhook", "mail"):
        again.failed(by(actions, channel), 1001)
    assert steps(again.due(1001, ALL)) == [("escalated", "Second", None)]


def test_a_clock_that_was_set_back_makes_nobody_wait_longer(alert):
    again = resumed(alert, -9999, (0, "raised", "First", None))
    assert again.next_due_s == 1000
    again.due(1000, ALL)
    assert again.next_due_s == 1120


@pytest.mark.parametrize("last", ["acknowledged", "nobody_on_call", "unreached"])
def test_what_was_over_stays_over(alert, last):
    again = resumed(
        alert, 500, (0, "raised", "First", None), (2, last, "First" if last == "acknowledged" else None, None)
    )
    assert (again.status, again.due(1000, ALL)) == (last, ())


def test_an_unreached_alert_can_be_acknowledged_after_a_restart(alert):
    again = resumed(alert, 500, (0, "raised", "First", None), (300, "unreached", None, None))
    assert steps(again.acknowledge("First")) == [("acknowledged", "First", None)]


def test_a_contact_that_is_gone_is_not_tried_but_may_acknowledge(alert):
    again = resumed(alert, 5, (0, "raised", "Gone", None))
    assert steps(again.due(1000, ALL)) == [("escalated", "First", None)]
    assert again.acknowledge("Gone")


_ALERT = Alert(
    alert_id="a", talk_id="t", clinic=None, subject=None, level=2, kind="suicide",
    country=None, language=None, raised_at=RAISED,
)  # fmt: skip
_moves = st.lists(
    st.tuples(
        st.sampled_from(["deliver", "fail", "wait", "acknowledge"]),
        st.integers(0, 5),
        st.floats(0, 150),
        st.permutations(ALL).flatmap(lambda order: st.integers(0, 3).map(lambda count: order[:count])),
    ),
    max_size=80,
)


@settings(deadline=None)
@given(_moves)
def test_whatever_happens_nobody_is_called_twice_or_after_the_end(moves):
    escalation, now_s = Escalation(_ALERT, RULES), 0.0
    under_way, called, tried, last = [], [], {}, None

    def note(actions):
        for action in actions:
            if isinstance(action, Send):
                assert last is None, "an attempt after the end"
                key = (action.contact.name, action.channel)
                tried[key] = tried.get(key, 0) + 1
                assert action not in under_way, "two attempts side by side"
                under_way.append(action)
            elif action.step in ("raised", "escalated") and action.contact is not None:
                called.append(action.contact)

    for kind, index, seconds, on_duty in moves:
        if kind == "wait":
            now_s += seconds
        elif kind == "acknowledge":
            escalation.acknowledge(ALL[index % 3].name)
        elif under_way:
            send = under_way.pop(index % len(under_way))
            note(escalation.delivered(send) if kind == "deliver" else escalation.failed(send, now_s))
        note(escalation.due(now_s, on_duty))
        last = escalation.status if not escalation.is_open else None
        if escalation.status == "acknowledged":
            assert escalation.acknowledged_by in called
        assert escalation.is_open == (escalation.next_due_s is not None)
        assert escalation.next_due_s is None or escalation.next_due_s > now_s or not on_duty
    assert len(called) == len(set(called))
    assert max(tried.values(), default=0) <= RULES.attempts


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=40, max_size=40))
def test_without_an_acknowledgement_it_ends_in_bounded_time(outcomes):
    escalation, now_s, result = Escalation(_ALERT, RULES), 0.0, iter(outcomes)
    while escalation.is_open:
        for action in escalation.due(now_s, ALL):
            if isinstance(action, Send):
                if next(result):
                    escalation.delivered(action)
                else:
                    escalation.failed(action, now_s)
        now_s = max(now_s, escalation.next_due_s or 0.0)
    assert escalation.status == "unreached"
    assert now_s <= len(ALL) * RULES.acknowledge_within_s
