"""Columns of the committees' tables."""

from __future__ import annotations

from market.state.schema import Columns, table


@table("committees")
class Committee(Columns):
    """A committee: its rules, and what came of it."""

    rollup = "rollup on which it reports", "rollup"
    account = "account that holds its fund, all bonds and what is offered for reports", "account"
    feed = "feed whose price it sets", "feed"
    first = "first of its reporters", "reporter"
    seats = "how many reporters it may have", "1"
    quorum = "fresh reports without which no price changes", "1"
    fresh = "time for which a report counts", "s"
    band = "largest distance of a report from the price in force, over that price", "1"
    bond = "bond that whoever reports must have", "USD"
    income = "pay of a reporter while its report is fresh", "USD/s"
    fund = "what is left to pay reporters from", "USD"
    tolerance = "distance from the reference price that is no offence, over that price", "1"
    detection = "chance that a report is examined", "1"
    judged_after = "from a report's block to the verdict on it", "s"
    slash = "share of the bond that an offence costs", "1"
    suspension = "time for which an offender may not report", "s"
    reports = "reports executed", "1"
    bribes = "paid for reports by others", "USD"
    bribed = "reports that were paid for by others", "1"
    slashed = "bonds slashed", "USD"
    offences = "offences found", "1"
    error = "distance of the feed from the reference price, over that price, summed over time", "s"
    watched = "time over which that is summed", "s"
    worst = "largest such distance", "1"


@table("reporters")
class Reporter(Columns):
    """A seat of a committee: who has it, what it reported last, and what it is offered for a report."""

    committee = "committee", "committee"
    owner = "account of the reporter; -1: the seat is free", "account"
    bond = "its bond", "USD"
    price = "last reported price; 0: none yet", "USD"
    reported_at = "when that was executed", "s"
    barred_until = "it may not report before", "s"
    earned = "pay received for reports", "USD"
    bribes = "received from others for reports", "USD"
    slashed = "lost of its bond", "USD"
    briber = "account that offers to pay for a report; -1: none", "account"
    bribe = "what is offered, held by the committee's account", "USD"
    bribe_price = "price that has to be reported, or one beyond it", "USD"
    bribe_down = "1: beyond it is below it, 0: above it", "flag"
    bribe_until = "when such a report has to stand", "s"
    delivered = "1: such a report was made and stands", "flag"
