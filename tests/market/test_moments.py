"""The event list and the time of a market do what Mesa's do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from mesa.experimental.mesa_signals import ObservableSignals
from mesa.time import Event, EventList, Priority
from worlds import config, opened

from market.moments import TimeLine

LISTED = st.lists(
    st.tuples(st.sampled_from([0.0, 0.5, 1.0, 2.0]), st.sampled_from(list(Priority)), st.booleans()), max_size=30
)


def nothing() -> None:
    """Happen."""


@given(LISTED, st.booleans())
def test_events_come_in_the_order_of_mesas_list(listed: list[tuple[float, Priority, bool]], compacts: bool) -> None:
    events = [Event(time, nothing, priority) for time, priority, _ in listed]
    mesas, ours = EventList(), TimeLine(events[:2])
    for event in events:
        mesas.add_event(event)
    for event in events[2:]:
        ours.add_event(event)
    for event, (_, _, cancelled) in zip(events, listed, strict=True):
        if cancelled:
            ours.remove(event)
    if compacts:
        ours.compact()
    assert len(ours) == len(mesas)
    assert ours.is_empty() == mesas.is_empty()
    assert all((event in ours) == (event in mesas) for event in events)
    if not ours.is_empty():
        assert ours.peek_ahead(3) == mesas.peek_ahead(3)
    while not mesas.is_empty():
        assert ours.pop_event() is mesas.pop_event()
    assert ours.is_empty()


def test_a_cleared_list_is_empty() -> None:
    ours = TimeLine([Event(1.0, nothing)])
    ours.clear()
    assert ours.is_empty()


def test_who_observes_the_time_hears_of_it() -> None:
    market = opened(config(horizon_s=3.0))
    market.run_until(1.0)
    heard: list[float] = []

    def note(message: object) -> None:
        heard.append(market.time)

    market.observe("time", ObservableSignals.CHANGED, note)
    market.run_until(2.0)
    assert heard
    assert heard == sorted(set(heard))
    assert heard[-1] == market.time == 2.0
