"""What it costs a reporter of a committee to report a price that is not the reference price."""

from __future__ import annotations

from market.access.observation import Observation


def expected_loss(seen: Observation, committee: int, price: float) -> float:
    """What a reporter expects to lose by a report of a price: nothing within the tolerance [USD].

    Beyond it, the chance of being examined times the bond that it then loses and the pay of the time in which it may
    not report: all of it is public, and so is the reference price of now.
    """
    terms = seen.committees[committee]
    reference = seen.prices[int(seen.feeds["asset"][int(terms["feed"])])]
    if abs(price / reference - 1.0) <= terms["tolerance"]:
        return 0.0
    return float(terms["detection"] * (terms["slash"] * terms["bond"] + terms["income"] * terms["suspension"]))


def least_bribe(seen: Observation, committee: int, price: float) -> float:
    """Offer at which a reporter is indifferent: its expected loss, and the gas of reporting and of being paid [USD]."""
    return expected_loss(seen, committee, price) + 2.0 * float(seen.gas[int(seen.committees["rollup"][committee])])
