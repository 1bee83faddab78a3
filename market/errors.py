"""Errors that are the user's to mend, and whose strategy is to blame for one."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from market.access.protocols import Participant
    from market.model import SequencerMarket


class InputError(ValueError):
    """Bad input. The message is one line: what is wrong, where, and what is allowed.

    The command line prints the message and exits with code 2.
    """


class StrategyError(RuntimeError):
    """A strategy's fault: it raised, or asked for something that no market can carry out.

    The message names agent, slot, seed and, where there is one, the intent. It fails the run it happened in, no other.
    """


class AccountingError(RuntimeError):
    """The ledger does not balance: a fault of the market itself, never of a strategy."""


def fault(market: SequencerMarket, agent: Participant | None, what: str) -> StrategyError:
    """Return the error that says whose strategy is at fault, in which slot and with which seed; None: the ordering."""
    name = "the ordering rule" if agent is None else agent.name
    return StrategyError(f"{name}: {what} (slot {market.tally.slots}, time {market.time:g} s, seed {market.seed})")


class blame:  # noqa: N801 - a context, which is spelt like a function
    """Context that turns whatever a strategy raises into a StrategyError that names it.

    Attributes
    ----------
    agent : Participant or None
        whose turn it is: set it again for each where several have theirs; None: the ordering rule's
    """

    def __init__(self, market: SequencerMarket, agent: Participant | None = None) -> None:
        self._market = market
        self.agent = agent

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, StrategyError):
            raise fault(self._market, self.agent, f"raised {type(error).__name__}: {error}") from error
