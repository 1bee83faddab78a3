"""Kinds of intents on committees of reporters."""

from __future__ import annotations

from market.intents.kinds import Statement

KINDS = (
    Statement(
        "committee_join",
        "venue: committee; amount of USD added to one's bond, a free seat is taken by whoever has none",
        rule="rules.join",
        gas=120e3,
        gives="flows.bond_given",
        submit="submit",
    ),
    Statement(
        "committee_leave",
        "venue: committee; amount: any; gives up one's seat for one's bond, once no report can be judged any more",
        rule="rules.leave",
        gas=90e3,
        submit="submit",
    ),
    Statement(
        "report",
        "venue: committee; amount: the price [USD]",
        rule="rules.report",
        gas=90e3,
        defends="oracle",
        submit="submit",
    ),
    Statement(
        "bribe_offer",
        "venue: committee; target: reporter; amount of USD for a report of `limit` or beyond that stands at the expiry",
        rule="bribes.offer",
        gas=90e3,
        gives="flows.bribe_given",
        submit="submit",
    ),
    Statement(
        "bribe_close",
        "venue: committee; target: reporter; amount: any; pays what was earned, or returns it",
        rule="bribes.close",
        gas=70e3,
        submit="submit",
    ),
)
