"""Votes on rules of the regime, and what they brought into force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.measures.ratio import ratio

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float | int]:
    """Votes held, changes adopted and turnout over all domains; of a number that is voted on, what was in force.

    `policy_mean` is its mean over slots, trials included, `policy_last` the mean over domains of what holds at the end
    but for trials. Reported only where holders vote.
    """
    domains = [domain for domain in market.domains if hasattr(domain.regime.governance, "votes")]
    if not domains:
        return {}
    votes = [vote for domain in domains for vote in domain.regime.governance.votes]
    found: dict[str, float | int] = {
        "votes_held": len(votes),
        "votes_passed": sum(vote.passed for vote in votes),
        "vote_turnout": ratio(sum(vote.yes + vote.no for vote in votes), sum(vote.all_votes for vote in votes)),
    }
    last = [domain.regime.governance.current for domain in domains]
    if all(isinstance(option, float) for option in last):
        slots = [one for domain in domains for one in domain.regime.governance.slots_in_force(domain.slot + 1).items()]
        found["policy_mean"] = ratio(sum(option * count for option, count in slots), sum(count for _, count in slots))
        found["policy_last"] = sum(last) / len(last)
    return found
