"""Columns of the perpetuals' tables."""

from __future__ import annotations

from market.state.schema import Columns, table


@table("perpetuals")
class Perpetual(Columns):
    """A perpetual future: its terms, then what changes."""

    rollup = "rollup on which it stands", "rollup"
    account = "vault that holds all margin of the rollup", "account"
    fund = "account of the insurance fund", "account"
    fee_account = "account that receives fees", "account"
    asset = "underlying", "asset"
    feed = "feed of the underlying's price", "feed"
    maker = "contract of the market's maker", "contract"
    initial = "initial margin over value", "1"
    maintenance = "maintenance margin over value", "1"
    fee = "fee of a trade on its value", "1"
    spread = "maker's half spread", "1"
    depth = "net position that moves the maker's log price by one", "USD"
    period = "time in which the funding rate is paid once", "s"
    interest = "interest part of the funding rate per period", "1"
    clamp = "most by which the funding rate is brought from the premium towards the interest part", "1"
    cap = "largest funding rate per period, of either sign; inf: none", "1"
    reward = "liquidator's reward over value closed", "1"
    funding = "funding paid by a long contract since the start", "USD"
    funded_at = "time up to which funding has accrued", "s"
    deleveraging = "rule of auto-deleveraging, its number in `market.venues.liquidation.deleveraging`", "number"
    haircut = "largest loss by auto-deleveraging over what a contract has won, for a rule that caps it", "1"
    deleveraged = "value closed by auto-deleveraging since the start", "USD"
    auction = "its row among the auctions", "auction"
    group = "groups of its longs and of its shorts in the index of thresholds", "group", 2


@table("contracts")
class Contract(Columns):
    """A trader's position in a perpetual."""

    market = "perpetual", "perpetual"
    owner = "trader's account", "account"
    quantity = "signed size; positive: long", "units of the underlying"
    cash = "margin paid in less the cost of the size", "USD"
    entry = "mean price at which the size was opened", "USD"
    funded = "funding up to which the cash has been paid", "USD"
    instrument = "what it is in its margin account", "instrument"
    member = "its place in the index of thresholds", "entry"
