"""Moments of a slot on the event list: what a domain does again and again, listed anew each time.

The list and the time are Mesa's, at less cost: events come in the same order, and who observes the time hears of it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import Any

from mesa import Model
from mesa.experimental.mesa_signals import Observable
from mesa.time import Event, EventList, Priority


class TimeLine(EventList):
    """Mesa's event list, in which what two events are compared by stands beside them, to be compared as tuples.

    Parameters
    ----------
    events
        what is listed so far
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._listed: list[tuple[float, int, int, Event]] = []
        for event in events:
            self.add_event(event)

    @property
    def _events(self) -> list[Event]:  # pyright: ignore[reportIncompatibleVariableOverride] - what Mesa reads
        return [event for *_, event in self._listed]

    def add_event(self, event: Event) -> None:
        """List an event."""
        heapq.heappush(self._listed, (event.time, event.priority, event.unique_id, event))

    def pop_event(self) -> Event:
        """Take the first event that was not cancelled off the list; raises IndexError where there is none."""
        while self._listed:
            event = heapq.heappop(self._listed)[3]
            if not event.CANCELED:
                return event
        raise IndexError("no event is listed")

    def compact(self) -> None:
        """Drop what was cancelled."""
        self._listed = [entry for entry in self._listed if not entry[3].CANCELED]
        heapq.heapify(self._listed)

    def clear(self) -> None:
        """Drop everything."""
        self._listed.clear()


class Time(Observable):
    """The time of a model, set without further ado while nobody observes anything of it."""

    def __set__(self, instance: Any, value: float) -> None:
        """Set the time [s]."""
        if instance.subscribers:
            super().__set__(instance, value)
        else:
            vars(instance)[self.private_name] = value


class Moment(Event):
    """One event for the life of a market, whose owner lists it each time that it knows when it comes next.

    `Model.schedule_event` builds an event for every call, and two weak references to what it calls. That costs as much
    as a slot in which nothing happens. Events at one time happen in the order in which they were listed, as Mesa's do.

    Parameters
    ----------
    model
        whose event list it is
    happen
        what is called when it comes
    """

    def __init__(self, model: Model, happen: Callable[[], None]) -> None:
        super().__init__(0.0, happen)
        self._happen, self._events = happen, model._event_list

    def list_at(self, time: float) -> None:
        """Put it on the event list, on which it must not be, at a time from now on [s]."""
        self.time, self.unique_id = time, next(self._ids)
        self._events.add_event(self)

    def execute(self) -> None:
        """Let it happen."""
        self._happen()


class EverySecond(Moment):
    """The step of Mesa's that comes once a second, before whatever else comes then: as Mesa lists it, at less cost."""

    def __init__(self, model: Model) -> None:
        super().__init__(model, model._do_step)
        model._default_schedule.stop()
        self.priority = Priority.HIGH.value
        self.list_at(model.time + 1.0)

    def execute(self) -> None:
        """Take the step, and list the next."""
        self._happen()
        self.list_at(self.time + 1.0)
