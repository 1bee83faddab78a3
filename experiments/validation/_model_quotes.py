"""Quotes of a maker that prices by a model, as they stand on the venue, made with exactly so much time left."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.validation._markets import Watched, asset, rollup, still
from experiments.validation._options import MAKER, agent
from market.config import OptionsConfig
from market.settings import DAY_S
from market.venues import Kind

PRICE, STRIKES = 100.0, (80.0, 100.0, 120.0)
HALF_DIGIT = 5.1e-9
"""Of values stated to 1e-8 [USD]."""
SLOTS, BLOCK_S = 8.0, 1.0


def quoted(days: int, model: str, law: dict[str, float], **rates: float) -> tuple[list[float], list[float]]:
    """Quotes of puts and of calls with so many days left: a first market tells when the maker looks."""
    looked = _market(days * DAY_S, model, law, rates)[1]
    tables, again = _market(days * DAY_S + looked, model, law, rates)
    if again != looked:
        raise ValueError(f"the maker looked at {again} s and, asked again, at {looked} s")
    return tables.options["ask"][1::2].tolist(), tables.options["ask"][0::2].tolist()


def _market(expiry_s: float, model: str, law: dict[str, float], rates: dict[str, float]) -> tuple[Any, float]:
    """Tables of a market whose maker has quoted, and when it looked at the price that it last quoted by [s]."""
    chain = OptionsConfig(expiries_s=(expiry_s,), strikes=len(STRIKES), fee_bp=0.0)
    home = rollup("one", options=(chain,), block_time_s=BLOCK_S)
    maker = agent(MAKER, "model_quoter", model=model, law=law, half_bp=0.0, **rates)
    market = Watched(still([home], [asset("ETH", PRICE)], [maker], horizon_s=SLOTS), seed=1)
    market.world.tables.options["strike"] = np.repeat(STRIKES, 2)  # listed by ratios, written as stated
    market.run()
    quotes = market.rows[market.rows["kind"] == Kind.OPTION_QUOTE]
    return market.world.tables, float(quotes["sent"].max())
