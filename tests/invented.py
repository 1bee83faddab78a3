"""Invented outcomes with the columns of runs.parquet, to test tables and figures without a market."""

from __future__ import annotations

import numpy as np
import pandas as pd

SIXTEEN = (
    *("siloed", "siloed_extractive", "centralized_shared", "pbs", "encrypted", "rotation", "slot_auction"),
    *("fair_ordering", "frequent_batch", "timeboost", "espresso", "astria", "radius", "protocol_specific"),
    *("competing_networks", "based"),
)


def runs(regimes: tuple[str, ...] = SIXTEEN[:5], seeds: int = 10) -> pd.DataFrame:
    """Plausible outcomes: a row per regime and seed, with what a seed's world does common to all regimes."""
    rng = np.random.default_rng(7)
    stress = rng.lognormal(0, 0.35, seeds)
    rows = []
    for place, regime in enumerate(regimes):
        tilt = rng.normal(0, 0.3)
        levels = stress * np.exp(0.1 * rng.normal(size=seeds) + tilt)
        rows.extend(_row(regime, place, seed + 1, level, rng) for seed, level in enumerate(levels))
    return pd.DataFrame(rows)


def _row(regime: str, place: int, seed: int, stress: float, rng: np.random.Generator) -> dict[str, object]:
    volume = 4e7 * stress**0.3
    honest, sealed, builds = regime in ("siloed", "fair_ordering"), regime == "encrypted", regime in ("pbs", "astria")
    sandwich = 0.0 if honest or sealed else 1.5e-4 * volume * stress
    arbitrage, liquidation = 2.5e-4 * volume * stress, 0.8e-4 * volume * stress**2
    own = 0.7 if "extractive" in regime or "shared" in regime else 0.05
    return {
        **{"run_id": f"{place}-{seed}", "study": "regimes", "regime": regime, "seed": seed, "status": "done"},
        **{"error": None, "volume_usd": volume, "retail_volume_usd": 0.6 * volume},
        **{"retail_demand_usd": 0.61 * volume, "unfilled_share": 1 - 0.6 / 0.61},
        "extracted_usd": sandwich + arbitrage + liquidation,
        "extracted_bp_of_retail": 1e4 * (sandwich + arbitrage + liquidation) / (0.61 * volume),
        **{"sequencer_net_usd": own * (sandwich + arbitrage), "unexplained_gain_usd": 0.0},
        **{"extracted_sandwich_usd": sandwich, "extracted_arbitrage_usd": arbitrage},
        **{"extracted_liquidation_usd": liquidation, "extracted_by_sequencers_usd": own * (sandwich + arbitrage)},
        "extracted_by_builders_usd": 0.8 * (sandwich + arbitrage) * builds,
        "extracted_by_traders_usd": max(0.0, 1 - own - 0.8 * builds) * (sandwich + arbitrage),
        **{"extracted_by_liquidators_usd": liquidation, "auction_revenue_usd": 0.7 * sandwich * builds},
        **{"user_cost_all_bp": 9.1 + 2.2 * stress + 3e4 * sandwich / volume},
        **{"user_cost_served_bp": 9 + 2.2 * stress + 3e4 * sandwich / volume, "user_sandwich_loss_usd": sandwich},
        **{"dispersion_bp": 14 * stress - 2 * (not honest), "lp_net_bp_per_day": 2.0 - 3 * stress + rng.normal(0, 0.2)},
        **{"lp_fees_usd": 6e4, "lp_lvr_usd": 5e4 * stress, "liquidated_usd": 1.8e7 * stress**2, "liquidations": 300},
        **{"bad_debt_usd": 4e4 * stress**3, "peak_60s_liquidated_usd": 4e6 * stress},
        **{"inclusion_delay_s": 1.1 + 0.1 * place + 0.05 * rng.random(), "inclusion_delay_p95_s": 2.3 + 0.15 * place},
        "builder_hhi": 0.25 + 0.2 * rng.random() if builds else float("nan"),
        **{"intents": 36_000, "filled": 34_500, "reverted": 900, "expired": 600, "conservation_error": 1e-14},
    }
