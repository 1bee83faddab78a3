"""Kinds of intents on options."""

from __future__ import annotations

from market.intents.kinds import Statement

KINDS = (
    Statement(
        "option_trade",
        "venue: market of options; target: series; amount bought if asset_in is 0, else sold; limit: price",
        rule="rules.trade",
        gas=300e3,
        bytes=160.0,
        capped="flows.trade_named",
        traded="flows.trade_filled",
        submit="submit",
    ),
    Statement(
        "option_take",
        "venue: market of options; target: quote; amount bought if asset_in is 0, else sold; limit: price",
        rule="rules.take",
        gas=250e3,
        bytes=160.0,
        capped="flows.take_named",
        traded="flows.trade_filled",
        submit="submit",
    ),
    Statement(
        "option_quote",
        "venue: market of options; target: series; amount bid for if asset_in is 0, else offered; limit: price",
        rule="quotes.quote",
        gas=80e3,
        withdraws=True,
        submit="submit",
    ),
    Statement(
        "option_cancel",
        "venue: market of options; target: series, or -1: all; amount: any",
        rule="quotes.cancel",
        gas=60e3,
        withdraws=True,
        submit="submit",
    ),
    Statement(
        "option_sheet",
        "venue: market of options; target: series, or -1: all; amount that bids, if asset_in is 0, else asks, made "
        "from the sheet are for; limit: their volatility",
        rule="quotes.sheet",
        gas=80e3,
        submit="submit",
    ),
    # writes two numbers, from which whoever takes a quote works its price out
    Statement(
        "option_requote",
        "venue: market of options; target: expiry, or -1: all; amount: price of the underlying at which all quotes are "
        "made anew from the sheet; limit: added to its volatilities",
        rule="quotes.requote",
        gas=100e3,
        withdraws=True,
        submit="submit",
    ),
    Statement(
        "option_deposit",
        "venue: market of options; target: account of options; amount of margin",
        rule="rules.deposit",
        gas=150e3,
        capped="flows.amount_named",
        gives="flows.margin",
        defends="top_ups",
        submit="submit",
    ),
    Statement(
        "option_withdraw",
        "venue: market of options; target: account of options; amount of margin",
        rule="rules.withdraw",
        gas=200e3,
        capped="flows.amount_named",
        submit="submit",
    ),
    Statement(
        "option_print",
        "venue: market of options; target: expiry; amount: any",
        rule="expiries.ask_for_print",
        gas=100e3,
        submit="submit",
    ),
    Statement(
        "option_exercise",
        "venue: market of options; target: series, or -1: all; amount exercised of each",
        rule="expiries.exercise",
        gas=120e3,
        submit="submit",
    ),
)
