"""Answers of studies on runs made up so that what an average would hide is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
from test_tournament import invented

from experiments.studies import (
    atomicity,
    deleveraging,
    latency_contest,
    liquidation_design,
    redistribution,
    tournament,
)

SEEDS = range(1, 21)


def test_conditions_in_which_separate_races_cost_more_are_named_and_so_is_the_worst_learner() -> None:
    def rows(curvature: float, shared: float, separate: float, learned: float = 1.0) -> list[dict[str, object]]:
        cell = {"form": "first_come", "players": 2, "legs": 2, "curvature": curvature, "prize_over_turn": 0.0}
        outlays = {"shared": (shared, shared), "separate": (learned * separate, separate)}
        return [
            {**cell, "sequencing": name, "outlay": outlay, "outlay_exact": exact, "nash_conv": 0.0, "seed": seed}
            for name, (outlay, exact) in outlays.items()
            for seed in (1, 2)
        ]

    runs = pd.DataFrame([*rows(2.0, 0.4, 0.2), *rows(0.0, 0.2, 0.3, 0.8), *rows(3.0, 0.2, 0.2)])
    text = latency_contest.answer(runs)
    assert "first come 0.5 to 1.2 (exact: 0.5 to 1.5), above 1 in 1 of 3 (cost 1/t)" in text
    assert "at worst 20% off (separate first come, cost 1/t: 0.24 for 0.3 of the prize)" in text


def test_lots_sold_for_nothing_are_those_of_english_auctions_on_loans() -> None:
    share = {"free": 0.0, "busy": 0.25, "full": 1.0}
    runs = pd.DataFrame(
        {"venue": venue, "design": design, "blocks": blocks, "seed": seed, "borrower_loss_share": 0.1}
        | {"zero_bid_share": given if design == "english" and venue == "lending" else 0.0}
        for venue in ("lending", "perpetual")
        for design in liquidation_design.DESIGNS
        for blocks, given in share.items()
        for seed in SEEDS
    )
    text = liquidation_design.answer(runs)
    assert "0% (0 to 0) in free blocks, 25% (25 to 25) in busy blocks and 100% (100 to 100) in full blocks" in text


def test_days_without_deleveraging_do_not_count_as_fast_ones() -> None:
    runs = pd.DataFrame(
        {"seed": seed, "burst_share": 1.0, "long_share": 1.0, "deleveraged_over_liquidated": 0.1}
        | {"delay_s": 300.0 if seed > 5 else np.nan}
        for seed in SEEDS
    )
    text = deleveraging.answer(runs)
    assert "300 s (300 to 300) after the first liquidation (61.7 s), in the 15 of 20 days" in text


def test_what_no_rule_changes_is_the_same_and_not_unsettled() -> None:
    runs = pd.DataFrame(
        {"rule": rule, "seed": seed, "user_net_cost_bp": seed + cost, "extracted_bp_of_retail": 10.0 * seed}
        for rule, cost in (("keep", 0.0), ("burn", 0.0), ("rebate_users", -3.0))
        for seed in SEEDS
    )
    assert "the same under all rules at every seed: 105 bp of retail" in redistribution.answer(runs)
    runs.loc[runs["rule"] == "burn", "extracted_bp_of_retail"] += 1.0
    assert "Of what is extracted 1 of 2 differences are settled" in redistribution.answer(runs)


def test_a_difference_that_one_test_alone_would_settle_is_open_among_three() -> None:
    noise = np.random.default_rng(3).normal(size=(3, len(SEEDS)))
    noise = (noise - noise.mean(axis=1, keepdims=True)) / noise.std(axis=1, ddof=1, keepdims=True)
    # Student's t of 2.3 with 19 degrees of freedom: 0.033 by itself, and three times that among three
    atomic, included, prices = noise + 2.3 / np.sqrt(len(SEEDS))
    runs = pd.DataFrame(
        {"execution": way, "seed": seed, "capture_rate": rate[at], "dispersion_bp": gap[at]}
        for way, rate, gap in (
            ("atomic", atomic, prices),
            ("included", included, 0.0 * prices),
            ("legged", 0.0 * atomic, 0.0 * prices),
        )
        for at, seed in enumerate(SEEDS)
    )
    assert atomicity.answer(runs).count("; open") == 3


def test_the_best_strategy_is_held_against_the_second_within_a_seed() -> None:
    payoff = np.array([[2.0, 3.0, 4.0], [1.0, 2.0, 3.0], [0.0, 0.5, 1.0]])
    runs = invented(("good", "fair", "poor"), payoff)
    assert "3 USD" in tournament.answer(runs)
    assert "+1 USD" in tournament.answer(runs)
    assert "against fair, the second" in tournament.answer(runs)
