"""Who wrote to the books: a run whose totals drifted is made once more, and everybody is looked at turn by turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from market.errors import AccountingError, StrategyError, fault

if TYPE_CHECKING:
    from market.model import SequencerMarket

TURNS = (
    *("act", "learn", "arrange", "build", "heard", "revise", "bid_for_slot", "heard_slot", "restake"),
    *("bid_for_lane", "heard_lane", "ask_for_lane", "offer_for_lane", "lane_offered", "lane_bought", "fined"),
)
"""Methods by which agents take part."""


def named(market: SequencerMarket, error: AccountingError, balanced_at: int) -> StrategyError | AccountingError:
    """Return the error that names whoever changed a balance in its own turn; else the given one.

    Balances change in blocks, never while a strategy has its turn.

    Parameters
    ----------
    market
        the same market as the one that failed, founded again and not yet run
    error
        what the audit said
    balanced_at
        slots so far when the books last balanced: nobody before is looked at
    """
    for agent in market.participants:
        for name in TURNS:
            if hasattr(agent, name):
                setattr(agent, name, _looked_at(market, agent, getattr(agent, name), balanced_at))
    try:
        market.run()
    except (StrategyError, AccountingError) as found:
        return found
    return error


def _looked_at(market: SequencerMarket, agent: Any, method: Callable[..., Any], first: int) -> Callable[..., Any]:
    """Return a method of an agent that raises where the agent has changed a balance before it returns."""

    def turn(*arguments: Any, **named: Any) -> Any:
        if market.tally.slots + 1 < first:
            return method(*arguments, **named)
        balance = market.world.tables.balance
        before = balance.copy()
        result = method(*arguments, **named)
        if (balance != before).any():
            raise fault(market, agent, "changed balances in its own turn, which only blocks may change")
        return result

    return turn
