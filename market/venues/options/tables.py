"""Columns of the options' tables."""

from __future__ import annotations

from market.state.schema import Columns, table


@table("option_markets")
class OptionMarket(Columns):
    """Options on an asset: the terms of all of their series, then what changes."""

    rollup = "rollup on which it stands", "rollup"
    account = "vault that holds all margin", "account"
    fund = "account of the insurance fund", "account"
    fee_account = "account that receives fees", "account"
    asset = "underlying", "asset"
    feed = "feed of the underlying's price", "feed"
    fee = "fee of a trade on the value of the underlying", "1"
    fee_cap = "largest fee of a trade on its premium", "1"
    prints = "prints of the oracle whose mean options are paid at", "1"
    spacing = "time between two prints; the last is due at expiry", "s"
    window = "time from when a print is due, in which whoever asks takes it; after that it is taken by itself", "s"
    exercise = "time in which holders exercise; -1: what is in the money is exercised by itself", "s"
    review = "time between two revisions of the volatilities that options are marked at; inf: none", "s"
    first_series = "its first series", "series"
    series = "how many series it has", "1"
    first_expiry = "its first expiry", "expiry"
    expiries = "how many expiries it has", "1"
    first_account = "its first account", "option account"
    accounts = "how many accounts it has", "1"
    first_quote = "first quote of its first maker", "quote"
    makers = "how many accounts may quote", "1"
    first_position = "first position of its first account", "position"
    now = "time that options are marked at", "s"
    due = "when the venue has to look again by itself", "s"
    reviewed_at = "time of the last revision of volatilities", "s"
    turn = "number of the last quote", "1"
    paid = "paid to holders at expiries since the start", "USD"
    lapsed = "what holders could have had and did not exercise, since the start", "USD"
    insured = "paid by the fund for accounts that could not pay, since the start", "USD"
    socialised = "taken off what holders were to be paid, since the start", "USD"
    auctioned = "calls sold by sealed auction since the start", "1"
    raised = "premiums paid for them", "USD"


@table("option_expiries")
class Expiry(Columns):
    """An expiry of a market; once paid out, its row stands for a later one."""

    market = "market of options", "option market"
    first_series = "its first series", "series"
    series = "how many series it has", "1"
    expires = "time of expiry", "s"
    tenor = "time between two expiries of this row", "s"
    printed = "prints that were taken", "1"
    summed = "sum of the prints that were taken", "USD"
    fixed = "mean of all prints, at which options are paid; 0: not all are taken", "USD"
    fixed_at = "time of the last print", "s"
    over = "1: paid out, and not listed anew", "flag"


@table("options")
class Option(Columns):
    """A series: options of one expiry, strike and side. Bids and asks are the best of all makers'."""

    market = "market of options", "option market"
    rollup = "rollup on which it stands", "rollup"
    feed = "feed of the underlying's price", "feed"
    expiry = "its expiry", "expiry"
    expires = "time of expiry", "s"
    strike = "strike", "USD"
    call = "1: call; 0: put", "flag"
    volatility = "volatility that it is marked at", "1/sqrt(year)"
    bid = "best bid; 0: none", "USD"
    ask = "best ask; 0: none", "USD"
    bid_size = "options that the best bid is for", "1"
    ask_size = "options that the best ask is for", "1"
    bidder = "quote of the best bid; -1: none", "quote"
    asker = "quote of the best ask; -1: none", "quote"
    open = "options held; as many are owed", "1"
    exercised = "options that holders have exercised", "1"


@table("option_quotes")
class Quote(Columns):
    """A maker's quote for a series, and the sheet from which its quotes are made anew all at once."""

    account = "account of the maker", "option account"
    series = "series", "series"
    bid = "price of the bid", "USD"
    ask = "price of the ask", "USD"
    bid_size = "options bid for; 0: no bid", "1"
    ask_size = "options offered; 0: no ask", "1"
    bid_turn = "number of the bid: of equal prices the lower has precedence", "1"
    ask_turn = "number of the ask", "1"
    bid_volatility = "volatility of bids made from the sheet; 0: none are", "1/sqrt(year)"
    ask_volatility = "volatility of asks made from the sheet; 0: none are", "1/sqrt(year)"
    bid_sheet = "options that bids made from the sheet are for", "1"
    ask_sheet = "options that asks made from the sheet are for", "1"
    bid_traded = "options bought on bids since the start", "1"
    ask_traded = "options sold on asks since the start", "1"
    bid_premium = "premiums paid for them", "USD"
    ask_premium = "premiums received for them", "USD"


@table("option_accounts")
class OptionAccount(Columns):
    """What somebody has on a market of options: the cash of all of its positions."""

    market = "market of options", "option market"
    owner = "whose it is", "account"
    cash = "margin paid in, premiums and payments received less paid", "USD"
    received = "received at the last expiry on net; below 0: paid", "USD"
    delivered = "received in the underlying at the last expiry, for covered calls; below 0: paid", "USD"
    auctioned_at = "since when it is sold by auction; -1: it is not", "s"
    insolvent_at = "since when whoever takes of it is paid; -1: nobody is", "s"
    quotes = "its first quote; -1: it may not quote", "quote"
    positions = "its first position", "position"
    instrument = "what it is in its margin account", "instrument"


@table("option_positions")
class Position(Columns):
    """What an account holds of a series."""

    account = "account", "option account"
    series = "series", "series"
    quantity = "options held; below 0: owed", "1"
    exercised = "of those held, exercised", "1"
    entry = "mean price at which the position was opened", "USD"
    cover = "underlying that lies in the vault for calls that are owed", "units of the asset"


@table("option_margins")
class OptionMargin(Columns):
    """How a market of options margins accounts and sells them: a row for each market."""

    model = "margin model, its number in `market.venues.options.margins`", "number"
    most = "initial margin of a short option in the money over spot", "1"
    least = "the least, however far out of the money", "1"
    call_spot = "maintenance margin of a short call over spot", "1"
    put_spot = "maintenance margin of a short put over spot", "1"
    put_mark = "or over its mark, if that is more", "1"
    put_initial = "least initial over maintenance margin of a put", "1"
    unpaired_maintenance = "what a call sold without another counts for in the worst payoff, over forward", "1"
    unpaired_initial = "the same for the initial margin", "1"
    range = "largest shock of the price", "1"
    up = "shock of volatility upwards at 30 days, over volatility", "1"
    down = "shock of volatility downwards at 30 days, over volatility", "1"
    floor = "least volatility after a shock upwards", "1/sqrt(year)"
    short_power = "power of 30 days over time to expiry in the shocks, where that is shorter", "1"
    long_power = "the same where it is longer", "1"
    skew = "shock of the wings' volatility, over volatility", "1"
    tail = "extreme shock of the price, over the range", "1"
    tail_share = "part of the loss of an extreme shock that counts", "1"
    initial = "shocks of the initial over the maintenance margin", "1"
    discount = "discount at which an auction of an account begins, over its value", "1"
    discount_fast = "discount at the end of the fast phase", "1"
    fast = "length of the fast phase", "s"
    slow = "time from then until the discount is all of the value", "s"
    buffer = "margin up to which an account is sold, over its maintenance margin", "1"
    insolvent = "time in which what whoever takes of an insolvent account is paid grows to its maintenance margin", "s"
    deleveraging = "rule of auto-deleveraging, its number in `market.venues.liquidation.deleveraging`", "number"
    haircut = "largest loss by auto-deleveraging over what a position has won, for a rule that caps it", "1"
    started = "auctions started", "1"
    ended = "auctions ended", "1"
    deleveraged = "value closed by auto-deleveraging since the start", "USD"


@table("option_sales")
class OptionSale(Columns):
    """A sealed auction of covered calls, and what came of it; later ones take the same row."""

    market = "market of options", "option market"
    open = "1: calls are on offer", "flag"
    seller = "whose calls they are", "option account"
    series = "series", "series"
    expires = "time of expiry of the series when it was offered", "s"
    amount = "calls on offer", "1"
    reserve = "least price", "USD"
    closes = "when bids are opened", "s"
    number = "number of the auction in its row", "1"
    turn = "bids so far, with those that replaced others", "1"
    sold = "calls that were sold", "1"
    price = "price that was paid for each", "USD"
    first_bid = "bid of the first account of its market", "bid"


@table("option_bids")
class OptionBid(Columns):
    """An account's bid in a sealed auction; nobody is shown it."""

    money = "money put up; 0: no bid", "USD"
    price = "most that is bid for a call", "USD"
    turn = "number of the bid: of equal prices the lower has precedence", "1"


@table("option_values")
class SheetValue(Columns):
    """What a side of a series was last worth to whoever made quotes from a sheet: so others need not work it out again.

    Nobody is shown it: it is no fact of the market.
    """

    price = "price of the underlying", "USD"
    volatility = "volatility", "1/sqrt(year)"
    time = "when", "s"
    expires = "time of expiry of the series then", "s"
    summed = "sum of the prints that were taken then", "USD"
    worth = "value", "USD"
