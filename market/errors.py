"""Errors that are the user's to mend, and whose strategy is to blame for one."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from market.interrupts import OutOfTime, pressed

if TYPE_CHECKING:
    from market.model import SequencerMarket

LONGEST = 300
"""Most characters of somebody else's message that are passed on."""


class InputError(ValueError):
    """Bad input. The message is one line: what is wrong, where, and what is allowed.

    The command line prints the message and exits with code 2.
    """


class StrategyError(RuntimeError):
    """A strategy's or a recorder's fault: it raised, or asked for something that no market can carry out.

    The message names agent, slot, seed and, where there is one, the intent. It fails the run it happened in, no other.
    """


class OutOfTurnError(RuntimeError):
    """Something was submitted at a time at which nobody may submit."""


class AccountingError(RuntimeError):
    """The ledger does not balance: a fault of the market itself, or of a strategy that wrote where it must not."""


def message_of(error: BaseException) -> str:
    """Return the message of somebody else's error as one line that is not too long, whatever the message is."""
    try:
        message = " ".join(str(error).split())
    except Exception as own:  # noqa: BLE001 - such an error may fail to say what it is
        return f"(its message cannot be read: {type(own).__name__})"
    return message if len(message) <= LONGEST else f"{message[:LONGEST]}..."


def said(error: BaseException) -> str:
    """Return the kind of an error and its message as one line."""
    message = message_of(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def fault(market: SequencerMarket, agent: Any, what: str) -> StrategyError:
    """Return the error that says whose strategy is at fault, in which slot and with which seed; None: the ordering."""
    return StrategyError(f"{_name(agent)}: {what} {_when(market)}")


def _name(agent: Any) -> str:
    return "the ordering rule" if agent is None else str(getattr(agent, "name", type(agent).__name__))


def _when(market: SequencerMarket) -> str:
    return f"(slot {market.tally.slots}, time {market.time:g} s, seed {market.seed})"


_write: Callable[[str], None] | None = None
"""Where it is noted whose turn it is, while somebody wants to know."""


def note_turns(write: Callable[[str], None] | None) -> None:
    """Have every turn of a strategy noted before it begins, as text; None: no more.

    A process that is ended from outside cannot say whose turn it was; whoever ended it can read the note.
    """
    global _write  # noqa: PLW0603 - one process runs one market at a time, or has nobody who reads notes
    if write is not None:
        setattr(blame, "agent", _NOTED)  # noqa: B010 - in the place of a plain attribute: most turns are not noted
    elif _write is not None:
        delattr(blame, "agent")
    _write = write


class blame:  # noqa: N801 - a context, which is spelt like a function
    """Context that turns whatever a strategy raises into a StrategyError that names it.

    That includes what would end the program (SystemExit, a KeyboardInterrupt of its own), but for the user's Ctrl-C.
    Errors of the types `passes` stay what they are.

    Attributes
    ----------
    agent : object or None
        whose turn it is, by its `name`: set it again for each where several have theirs; None: the ordering rule's
    """

    agent: Any

    def __init__(
        self, market: SequencerMarket, agent: Any = None, passes: tuple[type[BaseException], ...] = ()
    ) -> None:
        self._market, self._passes, self.agent = market, passes, agent
        if (times := getattr(market, "times", None)) is not None:  # what stands in for a market asks nobody to act
            times.doubt(agent)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if _write is not None:
            _write(f"nobody {_when(self._market)}")
        if error is None:
            return
        if isinstance(error, (StrategyError, *self._passes)) or pressed(error):
            return
        what = f"had its turn when {error}" if isinstance(error, OutOfTime) else f"raised {said(error)}"
        raise fault(self._market, self.agent, what) from error


def _note(turn: blame, agent: Any) -> None:
    vars(turn)["agent"] = agent
    if _write is not None:
        _write(f"{_name(agent)} {_when(turn._market)}")


_NOTED = property(lambda turn: vars(turn)["agent"], _note)
"""`agent` of a turn that is noted as it begins."""
