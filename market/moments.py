"""Moments of a slot on the event list: what a domain does again and again, listed anew each time."""

from __future__ import annotations

from collections.abc import Callable

from mesa import Model
from mesa.time import Event, Priority


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
