"""Collusion of bidders who learn: from the clean repeated auction to the market, and what stops it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydantic import Field

from experiments.analysis import answers, statistics, summaries
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market.config import Settings

type Frame = Any  # a pandas.DataFrame; its types do not tell a part of a table from a column

TITLE = "Collusion of builders and sequencers who learn, and what stops it"
QUESTION = "When do bidders, told of collusion or not, keep the price of order flow down, and what stops them?"
HYPOTHESIS = (
    "In the clean repeated auction, patient Q-learners keep first prices down and second prices not; more bidders "
    "and a fine for cheap sales raise prices. In the market blocks differ and values are noisy, which makes it "
    "harder; a sequencers' cartel with a grim trigger holds only as long as breaking it is punished for long enough. A "
    "newcomer ends it; a screen does where stake at risk x share x chance of being found out exceeds the rent."
)

SEEDS, QUICK_SEEDS = 3, 1
REPEATED, DETECTION, BUILDERS, SEQUENCERS = "repeated", "detection", "builders", "sequencers"
ENTRY, FINES, SCREENS = "entry", "fines", "screens"
FORMATS = ("first_price", "second_price", "all_pay", "ticket_lottery")
"""Formats of the clean game. What a learner bids in an open ascending one is when to drop out: a second price."""
MARKET_FORMATS = ("first_price", "second_price", "ascending", "all_pay", "ticket_lottery")
WIDE = (0.0, 0.02, 0.08, 0.15, 0.3, 0.5, 0.65, 0.75, 0.85, 0.92, 0.97, 1.0)
"""Margins of builders where losers pay: in equilibrium they bid little, or nothing [1]."""
SCHEMES = (("sequencer", "rotation"), ("sequencer", "slots"), ("builder", "rotation"), ("builder", "rollups"))
TESTS = ("rotation", "variance", "runner_up")
FINE_TIMES = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Fines over what a cartel brings a member between two looks [1]."""
SEQUENCER_KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "Q-learning": ("q_learning", {}),
    "Q-learning, patient": ("q_learning", {"discount": 0.95}),
    "Q-learning, patient, monitoring": ("q_learning", {"discount": 0.95, "monitoring": True}),
    "ring, 2 slots": ("grim_trigger", {"punish_slots": 2}),
    "ring, 20 slots": ("grim_trigger", {"punish_slots": 20}),
    "ring, for ever": ("grim_trigger", {}),
}
FIRST_TEST_SEED = 1_000_003


class CollusionConfig(Settings):
    """Sizes of the games."""

    auctions: int = Field(default=1_000_000, ge=10_000, description="auctions of a clean repeated game [1]")
    games: int = Field(default=4, ge=1, description="clean repeated games per run [1]")
    blocks: int = Field(default=1500, ge=50, description="blocks that builders and sequencers learn from [1]")
    test_blocks: int = Field(default=100, ge=20, description="blocks of a run in which the cartel may be broken [1]")
    test_seeds: int = Field(default=4, ge=4, description="runs of the cartel and of every break of it [1]")
    members: int = Field(default=3, ge=2, description="sequencers who bid for slots; size of a cartel [1]")
    ring_blocks: int = Field(default=900, ge=60, description="blocks of a run with a cartel that may be found out [1]")
    window: int = Field(default=30, ge=4, description="sales in a window that a screen looks at [1]")
    false_positive: float = Field(default=0.05, gt=0, lt=1, description="chance of accusing who competes, a look [1]")


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Clean games by format, number, patience and monitoring; by detection; builders; sequencers."""
    config = configure(
        CollusionConfig(auctions=150_000, games=4, blocks=300, test_blocks=30, ring_blocks=240, window=12)
        if quick
        else CollusionConfig()
    )
    for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
        for levers in _grid(quick):
            regime = {BUILDERS: "pbs", SEQUENCERS: "slot_auction"}.get(str(levers["part"]), "")
            if levers["role"]:
                regime = {"builder": "pbs", "sequencer": "slot_auction"}[str(levers["role"])]
            yield Run(levers, regime, seed, config)


def _grid(quick: bool) -> Iterator[dict[str, Any]]:
    none = {"part": "", "auction": "first_price", "bidders": 2, "discount": 0.99, "monitoring": False}
    none |= {"detection": 0.0, "strategy": "q_learning", "role": "", "scheme": "", "enters": 1.0, "fine": 0.0}
    for auction in FORMATS:
        for n in (2, 5) if quick else (2, 3, 5):
            for discount in (0.0, 0.9, 0.99) if quick else (0.0, 0.5, 0.9, 0.99):
                for monitoring in (False, True):
                    levers = {"auction": auction, "bidders": n, "discount": discount, "monitoring": monitoring}
                    yield none | levers | {"part": REPEATED}
    for detection in (0.02, 0.2) if quick else (0.01, 0.02, 0.05, 0.1, 0.2, 0.5):
        yield none | {"part": DETECTION, "detection": detection}
    for auction in MARKET_FORMATS:
        for n in (2,) if quick else (2, 4):
            for discount in (0.0, 0.95):
                yield none | {"part": BUILDERS, "auction": auction, "bidders": n, "discount": discount}
    for strategy in list(SEQUENCER_KINDS)[::3] if quick else SEQUENCER_KINDS:
        yield none | {"part": SEQUENCERS, "strategy": strategy, "bidders": 3, "discount": 0.0}
    yield from _cartels(quick, none | {"strategy": "ring", "bidders": 3, "discount": 0.0})


def _cartels(quick: bool, none: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Cartels that know of each other, against a newcomer, against screens, against fines."""
    for role, scheme in SCHEMES[::3] if quick else SCHEMES:
        cartel = none | {"role": role, "scheme": scheme}
        for enters in (1.0, 0.5):
            yield cartel | {"part": ENTRY, "enters": enters}
        for screen in TESTS:
            yield cartel | {"part": SCREENS, "strategy": screen}
    for role, scheme in SCHEMES[:1] if quick else SCHEMES[::2]:
        for times in FINE_TIMES[::2] if quick else FINE_TIMES:
            yield none | {"role": role, "scheme": scheme, "part": FINES, "fine": times}


def execute(run: Run) -> dict[str, float | int | str]:
    """Price over value, Delta, and what a deviation brings, by part of the study."""
    config = run.config
    assert isinstance(config, CollusionConfig)
    part = {REPEATED: _repeated, DETECTION: _repeated, BUILDERS: _builders, SEQUENCERS: _sequencers}
    part |= dict.fromkeys((ENTRY, FINES, SCREENS), _cartel)
    return part[str(run.levers["part"])](run, config)


def _repeated(run: Run, config: CollusionConfig) -> dict[str, float | int | str]:
    from experiments.games.monitored_auction import MonitoredAuction, collusion_index, deviate, learn

    names = ("auction", "bidders", "discount", "monitoring", "detection")
    game = MonitoredAuction(**{name: run.levers[name] for name in names})
    found = [learn(game, config.auctions, 1000 * run.seed + k) for k in range(config.games)]
    shocks = [deviate(game, ended) for ended in found]
    price = float(np.mean([ended.price for ended in found]))
    return {
        "price_over_value": price,
        "delta": collusion_index(game, price),
        "repeats": float(np.mean([ended.repeats for ended in found])),
        "punishment": float(np.mean([change[1:4].mean() for change, _ in shocks])),
        "deviation_gain": float(np.mean([gain for _, gain in shocks])),
        "deviations_that_pay": float(np.mean([gain > 1e-9 for _, gain in shocks])),
    }


def _builders(run: Run, config: CollusionConfig) -> dict[str, float | int | str]:
    from experiments.equilibrium import bid_rotation
    from experiments.equilibrium.market import Seat, payoffs, play
    from experiments.markets.small_market import small
    from market import regimes

    regime = regimes.load("pbs").model_copy(update={"auction": {"kind": str(run.levers["auction"])}})
    discount = float(run.levers["discount"])
    settings = {"discount": discount} | ({"margins": WIDE} if run.levers["auction"] in FORMATS[2:] else {})
    profile = (Seat("q_learning", settings),) * int(run.levers["bidders"])
    market = play(small(regime, config.blocks), "builder", profile, run.seed)
    return _sold(market.sales, float(payoffs(market, "builder").sum())) | {
        "repeats": bid_rotation(np.array([winner for winner, _, _ in market.sales]))[0],
    }


def _cartel(run: Run, config: CollusionConfig) -> dict[str, float | int | str]:
    from experiments.equilibrium.cartels import Cartel, deterred, results, screened

    part, levers = run.levers["part"], run.levers
    cartel = Cartel(str(levers["role"]), str(levers["scheme"]), config.members, float(levers["enters"]))
    blocks, seed = config.ring_blocks, run.seed
    if part == SCREENS:
        seeds, screen = (seed, FIRST_TEST_SEED + seed), str(levers["strategy"])
        return {**screened(cartel, screen, config.window, config.false_positive, blocks, seeds)}
    if part == FINES:
        screen = {"screen": "rotation", "window": config.window, "false_positive": config.false_positive}
        return {**deterred(cartel, screen, float(levers["fine"]), blocks, seed)}
    return {**results(cartel, blocks, seed)}


def _sequencers(run: Run, config: CollusionConfig) -> dict[str, float | int | str]:
    from experiments.equilibrium import bid_rotation
    from experiments.equilibrium.market import Seat, certify, learned, payoffs, play
    from experiments.markets.small_market import small
    from market import regimes

    base = regimes.load("slot_auction")
    leader = base.leader | {"kind": "slot_auction", "members": config.members, "when": "just_in_time"}
    regime = base.model_copy(update={"leader": leader})
    profile = (Seat(*SEQUENCER_KINDS[str(run.levers["strategy"])]),) * config.members
    market = play(small(regime, config.blocks), "sequencer", profile, run.seed)
    found = _sold(market.sales, float(payoffs(market, "sequencer").sum()))
    repeats, z = bid_rotation(np.array([winner for winner, _, _ in market.sales]))
    tests = range(FIRST_TEST_SEED + 100 * run.seed, FIRST_TEST_SEED + 100 * run.seed + config.test_seeds)
    frozen = learned(market, "sequencer", profile)
    breaks = [Seat("fixed_margin", {"margin": margin}) for margin in (0.02, 0.3, 0.9, 0.98)]
    broken = certify(small(regime, config.test_blocks), "sequencer", frozen, breaks, tests)
    value, error = broken.share()
    return found | {
        "repeats": repeats,
        "rotation_z": z,
        "nash_conv_share": value,
        "nash_conv_standard_error": error,
        "lower_bound": int(broken.nash_conv.lower_bound),
    }


def _sold(sales: list[tuple[int, float, float]], kept: float) -> dict[str, float | int | str]:
    """Price over value of the second half of the sales; over the run where the market does not know the values."""
    late = sales[len(sales) // 2 :]
    worth, paid = sum(value for _, value, _ in late), sum(price for _, _, price in late)
    if not np.isfinite(worth):
        paid = sum(price for _, _, price in sales)
        worth = kept + paid
    return {"price_over_value": paid / worth if worth > 0.0 else float("nan"), "sales": len(sales)}


LEVERS = (
    "part", "auction", "bidders", "discount", "monitoring", "detection", "strategy", "role", "scheme", "enters", "fine",
)  # fmt: skip
DRAWN = (
    "price_over_value", "deviations_that_pay", "price_second_half", "accused_share", "accused_share_competing",
    "deterrence", "stubborn_gain_share", "members_that_left",
)  # fmt: skip


def summary(runs: Frame) -> pd.DataFrame:
    """What the figure draws, cell by cell; paths of prices have a row for each part of the run."""
    rows = []
    steps = sorted((name for name in runs if name.startswith("price_part_")), key=lambda name: int(name[11:]))
    for cell, part in summaries.cells(runs, LEVERS):
        known = [name for name in DRAWN if name in part and np.isfinite(summaries.values(part, name)).any()]
        rows += [summaries.row(name, summaries.values(part, name), **cell) for name in known]
        if cell["part"] == ENTRY:
            for at, name in enumerate(steps):
                when = (at + 0.5) / len(steps)
                rows.append(summaries.row("price_along_the_run", summaries.values(part, name), **cell, time=when))
        if cell["part"] == SEQUENCERS:
            rows.append(summaries.pooled("nash_conv_share", _certified(part), **cell))
    return summaries.table(rows)


def _certified(part: Frame) -> dict[str, float]:
    """Mean NashConv of some runs; low and high are one standard error of the certificates away, and not below zero."""
    regret, error = (summaries.values(part, f"nash_conv_{name}") for name in ("share", "standard_error"))
    mean, width = float(regret.mean()), float(np.sqrt((error**2).mean() / error.size))
    return {"mean": mean, "low": max(mean - width, 0.0), "high": mean + width, "standard_error": width, "n": len(part)}


def answer(runs: Frame) -> str:
    """Prices of patient learners in repeated auctions, whether breaking ranks pays, and what cartels pay."""
    games = runs[(runs["part"] == REPEATED) & (runs["bidders"] == 2) & (runs["discount"] == runs["discount"].max())]
    blind = games[~games["monitoring"].astype(bool)]
    prices = {name: answers.amount(part["price_over_value"], "of the value") for name, part in blind.groupby("auction")}
    first, second = prices.get("first_price", "nothing"), prices.get("second_price", "nothing")
    pays = blind[blind["auction"] == "first_price"]["deviations_that_pay"].mean()
    return (
        f"Two patient Q-learners pay {first} at first prices and {second} at second prices, but in "
        f"{100.0 * float(pays):.0f}% of the first-price games breaking ranks for once would have paid: low prices "
        "alone are no cartel."
    )


def table(runs: Frame) -> pd.DataFrame:
    """Prices by cell, what a deviation brings, who is accused; the rest is in the summary. Means (standard errors)."""
    rows = []
    by = ["part", "auction", "bidders", "discount", "monitoring", "detection", "strategy", "role", "scheme", "enters"]
    by.append("fine")
    for cell, part in runs.groupby(by, sort=False):
        levers = dict(zip(by, cell, strict=True))
        rows.append(
            {
                "where": levers["part"],
                "who": _who(levers),
                "condition": _condition(levers),
                "price / value (s.e.)": _mean(part, "price_over_value", error=True),
                "price / competitive price (s.e.)": _mean(part, "price_over_competitive", error=True),
                "deviations that pay": _mean(part, "deviations_that_pay"),
                "NashConv, lower bound [1]": _mean(part, "nash_conv_share"),
                "windows accused": _mean(part, "accused_share"),
            }
        )
    return pd.DataFrame(rows)


def _who(levers: dict[str, Any]) -> str:
    """Who bids, and how the winner and the price are found."""
    auction = str(levers["auction"]).replace("_", " ")
    whom = f"{levers['role']}s, {levers['scheme']}" if levers["role"] else f"{levers['bidders']} bidders"
    return ", ".join(filter(None, (whom, auction)))


def _condition(levers: dict[str, Any]) -> str:
    """What sets a row apart from others of its kind: patience, memory, threat, strategy or screen."""
    patience = f"patience {levers['discount']:g}" if levers["part"] in (REPEATED, DETECTION, BUILDERS) else ""
    strategy = str(levers["strategy"]).replace("q_learning", "Q-learning").replace("_", " ")
    memory = "monitoring" if levers["monitoring"] else ""
    return ", ".join(filter(None, (patience, memory, _threat(levers), strategy)))


def _threat(levers: dict[str, Any]) -> str:
    if levers["detection"]:
        return f"detection {levers['detection']:g}"
    if levers["fine"]:
        return f"{levers['fine']:g} rents"
    return "newcomer" if levers["enters"] < 1.0 else ""


def _mean(part: Frame, column: str, error: bool = False) -> str:
    if column not in part or part[column].isna().all():
        return ""
    found = statistics.describe(part[column])
    spread = f" ({found['standard_error']:.3f})" if error and found["n"] > 1 else ""
    return f"{found['mean'] + 0.0:.3f}{spread}"
