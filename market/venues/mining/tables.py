"""Columns of the tables of programmes that pay for liquidity."""

from __future__ import annotations

from market.state.schema import Columns, table


@table("mining")
class Programme(Columns):
    """A programme: what it pays for, and what is left of it."""

    rollup = "rollup on which its treasury lies, and pays", "rollup"
    account = "account of its treasury", "account"
    asset = "asset whose pools, and options, it pays for", "asset"
    rate = "what it pays in all", "USD/s"
    period = "time between two payments; 0: in every block of its rollup", "s"
    for_quotes = "part of what it pays that is for quotes of options", "1"
    within = "largest half spread of a quote that it pays for, over the price of the underlying", "1"
    due = "when it pays next", "s"
    measured = "up to when it has measured what stands", "s"
    over = "since when its treasury is empty; -1: it is not", "s"
    paid = "paid since the start", "USD"


@table("mining_rollups")
class Field(Columns):
    """A rollup in a programme: a row for each of both, programme by programme."""

    programme = "programme", "programme"
    rollup = "rollup", "rollup"
    weight = "part of what the programme pays that went to it by its rule last", "1"
    depth = "value in pools of the asset against the numeraire, in ranges at the price", "USD"
    quoted = "underlying of the options of the asset that are quoted closely enough, both sides", "USD"
    volume = "value swapped in these pools, and of options traded where quotes count, since the last payment", "USD"
    paid = "paid for it since the start", "USD"


@table("mining_scores")
class Score(Columns):
    """What a provider has had on a rollup since it was paid last: rows for each rollup in a programme."""

    account = "account of the provider", "account"
    depth = "its part of the depth, times the time that it stood", "USD x s"
    quoted = "the same of what it quotes", "USD x s"
    paid = "paid to it since the start", "USD"
