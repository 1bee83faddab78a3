"""What whoever orders the blocks at an expiry can take from options: their print, their exercise, and by outages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from agents.population import Population
from experiments.analysis import answers, statistics, summaries
from experiments.analysis.headlines import Headline, pair, together
from experiments.runs.study import Configure, Run, seeds
from experiments.studies import _exercise_scene as scenes
from experiments.studies._exercise_scene import BLOCK_S, PRICE, SIZE, VOLATILITY, Ends, chain, member, scene
from market.config import MarketConfig
from market.measures.outcomes import outcomes
from market.model import SequencerMarket
from market.settings import DAY_S, YEAR_S

TITLE = "Order at expiry"
QUESTION = "Who gains by choosing an option's print, by delaying its exercise, and by an outage at expiry?"
HYPOTHESIS = (
    "Whoever orders the block of a print takes the better of two prices, and a mean of many prints protects no better "
    "if it orders all of them: it lowers the risk of that rent, not the rent. Where leaders are drawn both fall to the "
    "share of slots; sealed contents and arrival order end them. Exercise is lost where one sequencer leads for the "
    "whole window, or the window is shorter than the way through L1; means of prints dilute what an outage does to "
    "the price."
)

SEEDS, QUICK_SEEDS = statistics.ENOUGH, 2
PRINTED = ("channel", "who orders", "terms", "without", "with", "difference", "known")
PRINTS: dict[str, dict[str, Any]] = {
    "single": {"prints": 1},
    "derive": {"prints": 30, "spacing_s": 60.0},
    "deribit": {"prints": 300, "spacing_s": 6.0},
}
"""One print, thirty a minute apart (Derive), and three hundred six seconds apart (Deribit)."""
TENOR_S, END_S = 1900.0, 1920.0
ASSETS, QUICK_ASSETS = 4, 2
WINDOWS_S, DELAY_TENOR_S = (4.0, 20.0), 96.0
OUTAGE_WINDOWS_S, OUTAGE_TENORS_S = (10.0, 40.0, 160.0), (202.0, 219.0, 236.0, 253.0)
OUTAGE_S, BETWEEN_S = 30.0, 300.0
CHANNELS = {
    "print": "print chosen [bp]",
    "delay": "exercise delayed [%]",
    "outage": "outages [%]",
    "stale": "outages [bp]",
}
"""What each row of the table is about, and its unit: gain of whoever chooses over the price; share of what holders
could have had that lapses; deviation of what options are paid at from the price outside."""
WHERE = {
    "print": ("first_come", "operator", "lottery", "sealed"),
    "delay": ("first_come", "operator", "lottery", "sealed", "forced"),
    "outage": ("operator",),
}


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Each channel where it may matter, switched off and on at the same seed."""
    for channel, regimes in WHERE.items():
        for name in regimes:
            for on in (False, True):
                config = configure(_MARKETS[channel](name, on, QUICK_ASSETS if quick else ASSETS))
                for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                    yield Run({"channel": channel, "on": on}, config.regime.name, seed, config)


def _print(name: str, on: bool, assets: int) -> MarketConfig:
    """A sequencer that owns calls deep in the money on every asset, paid at each design's prints."""
    chains = [
        chain(asset, expiries_s=(TENOR_S,), window_s=BLOCK_S, **terms)
        for terms in PRINTS.values()
        for asset in range(assets)
    ]
    return scene(name, chains, assets, END_S, [member("sequencer", "Owner", tempted=on)])


def _delay(name: str, on: bool, assets: int) -> MarketConfig:
    """A sequencer that owes calls to a holder who has to exercise them, within either window."""
    chains = [chain(0, expiries_s=(DELAY_TENOR_S,), exercise="holder", exercise_s=window_s) for window_s in WINDOWS_S]
    agents = [member("sequencer", "Debtor", tempted=on), member("trader", "Holder")]
    return scene(name, chains, 1, 10.0 * DELAY_TENOR_S, agents)


def _outage(name: str, on: bool, assets: int) -> MarketConfig:
    """An honest sequencer that fails at random; holders who exercise within windows, and prints of each design."""
    windows = [
        chain(0, expiries_s=OUTAGE_TENORS_S, exercise="holder", exercise_s=window_s) for window_s in OUTAGE_WINDOWS_S
    ]
    prints = [
        chain(asset, expiries_s=(TENOR_S,), roll=False, **PRINTS[design])
        for design in PRINTS
        for asset in range(assets)
    ]
    faults = {"kind": "instant", "outages_per_day": DAY_S / BETWEEN_S if on else 0.0, "outage_mean_s": OUTAGE_S}
    return scene(name, [*windows, *prints], assets, END_S, [member("trader", "Holder")], consensus=faults)


_MARKETS = {"print": _print, "delay": _delay, "outage": _outage}


def execute(run: Run) -> dict[str, Any]:
    """Run a market, and note who gained by options, what lapsed, and how far prints were from the price outside."""
    config, ends = run.config, Ends()
    assert isinstance(config, MarketConfig)
    market = SequencerMarket(config, run.seed, Population(config), [ends])
    market.run()
    channel = str(run.levers["channel"])
    found = _NOTED[channel](market, ends)
    return {**found, "conservation_error": outcomes(market)["conservation_error"]}


def _bp_of_price(gained: np.ndarray, assets: int) -> dict[str, float]:
    """What was gained by design, over the price of what the calls are on [bp]."""
    return dict(zip(PRINTS, 1e4 * gained.reshape(len(PRINTS), assets).mean(axis=1) / (SIZE * PRICE), strict=True))


def _gains(market: SequencerMarket, ends: Ends) -> dict[str, float]:
    found = {}
    for who, role in (("owner", "sequencer"), ("maker", "market_maker")):
        agent = next(agent for agent in market.participants if agent.role == role)
        gains = _bp_of_price(ends.gained(agent), len(market.config.assets))
        found |= {f"{who}_{design}_bp": float(gain) for design, gain in gains.items()}
    return found


def _lapsed(market: SequencerMarket, ends: Ends, windows: tuple[float, ...]) -> dict[str, float]:
    """What share of what holders could have had lapsed, by window: of options on the first markets."""
    found = {}
    for number, window_s in enumerate(windows):
        own = [end for (at, _, _), end in ends.found.items() if at == number and end.held > 0.0]
        could = sum(end.held * max(end.fixed - end.strike, 0.0) for end in own)
        lost = sum(end.lapsed * max(end.fixed - end.strike, 0.0) for end in own)
        found[f"lapsed_{window_s:.0f}s_share"] = lost / could if could else float("nan")
    return found


def _delays(market: SequencerMarket, ends: Ends) -> dict[str, float]:
    debtor, holder = (
        next(agent for agent in market.participants if agent.role == role) for role in ("sequencer", "trader")
    )
    gained = {f"{who}_usd": float(ends.gained(agent).sum()) for who, agent in (("debtor", debtor), ("holder", holder))}
    return _lapsed(market, ends, WINDOWS_S) | gained


def _outages(market: SequencerMarket, ends: Ends) -> dict[str, float]:
    """Return what lapsed by window, and root mean square deviations of prints from prices outside by design [bp]."""
    found, assets = _lapsed(market, ends, OUTAGE_WINDOWS_S), len(market.config.assets)
    for number, (design, terms) in enumerate(PRINTS.items()):
        when = np.round(TENOR_S - terms.get("spacing_s", 0.0) * np.arange(terms["prints"])).astype(int).tolist()
        outside = np.mean([ends.outside[second] for second in when], axis=0)
        off = []
        for (at, _, _), end in ends.found.items():
            asset = at - len(OUTAGE_WINDOWS_S) - number * assets
            if 0 <= asset < assets:
                off.append(end.fixed / outside[1 + asset] - 1.0)
        found[f"stale_{design}_bp"] = round(1e4 * float(np.sqrt(np.mean(np.square(off)))), 9) if off else float("nan")
    return found


_NOTED = {"print": _gains, "delay": _delays, "outage": _outages}


def cells() -> list[dict[str, Any]]:
    """Channel, regime, terms, outcome, its scale as printed and what is known of its difference, in print's unit."""
    found: list[dict[str, Any]] = []

    def add(channel: str, run: str, regime: str, terms: str, column: str, scale: float, known: float | None) -> None:
        found.append(
            {
                "channel": channel, "run": run, "regime": regime, "terms": terms, "column": column, "scale": scale,
                "known": known,
            }
        )  # fmt: skip

    for regime in WHERE["print"]:
        led = {"operator": 1.0, "lottery": 0.5}.get(regime, 0.0)
        for design in PRINTS:
            add("print", "print", regime, design, f"owner_{design}_bp", 1.0, led * chosen_bp())
    for regime in WHERE["delay"]:
        for window_s in WINDOWS_S:
            column = f"lapsed_{window_s:.0f}s_share"
            add("delay", "delay", regime, f"{window_s:.0f} s", column, 100.0, 100.0 * delayed_share(regime, window_s))
    for window_s in OUTAGE_WINDOWS_S:
        column, known = f"lapsed_{window_s:.0f}s_share", 100.0 * outage_share(window_s)
        add("outage", "outage", "operator", f"{window_s:.0f} s", column, 100.0, known)
    for design in PRINTS:
        add("stale", "outage", "operator", design, f"stale_{design}_bp", 1.0, None)
    return found


def chosen_bp() -> float:
    """Mean of the better of two prices a block apart over the earlier one: sigma sqrt(b / (2 pi)) [bp]."""
    return 1e4 * VOLATILITY * float(np.sqrt(BLOCK_S / YEAR_S / (2.0 * np.pi)))


def delayed_share(regime: str, window_s: float) -> float:
    """Chance that no block within a window is written by somebody who does not delay [1]."""
    blocks = round(window_s / BLOCK_S)
    through_l1 = scenes.REGIMES["forced"]["forced_inclusion"]["delay_s"]
    known = {"operator": 1.0, "lottery": 0.5**blocks, "forced": float(window_s <= through_l1)}
    return known.get(regime, 0.0)


def outage_share(window_s: float) -> float:
    """K10: chance that an outage is under way and lasts for the window, of which a block is lost to slots [1]."""
    under_way = OUTAGE_S / BETWEEN_S / (1.0 + OUTAGE_S / BETWEEN_S)
    return float(under_way * np.exp(-(window_s - BLOCK_S) / OUTAGE_S))


def _pair(runs: pd.DataFrame, cell: dict[str, Any]) -> tuple[pd.Series, pd.Series]:
    """Outcome without the channel and with it, by seed, as printed."""
    off, on = (
        summaries.where(runs, channel=cell["run"], regime=cell["regime"], on=on).set_index("seed")
        for on in (False, True)
    )
    if not len(off) or not len(on):
        return pd.Series(dtype=float), pd.Series(dtype=float)
    return cell["scale"] * off[cell["column"]], cell["scale"] * on[cell["column"]]


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Difference that each channel makes, and levels without and with it, by regime and terms."""
    found = []
    for cell in cells():
        off, on = _pair(runs, cell)
        levers = {name: cell[name] for name in ("channel", "regime", "terms", "known")}
        found += [
            summaries.row(name, sample, **levers)
            for name, sample in (("difference", on - off), ("without", off), ("with", on))
            if len(sample)
        ]
    return summaries.table(found)


def answer(runs: Any) -> str:
    """Rent of the print by design, exercise lost by regime, and what outages do to either."""
    made, found = _made(runs), _changed(runs)
    operator, stale = (
        answers.listed(f"{design} {found[channel, 'operator', design].said}" for design in PRINTS)
        for channel in ("print", "stale")
    )
    drawn = found["print", "lottery", "deribit"].said
    late = answers.listed(
        f"{answers.amount(made['delay', regime, '20 s'][1], '%')} ({regime})"
        for regime in ("operator", "lottery", "forced")
    )
    return (
        f"An operator that owns calls gains by choosing their prints, at the cost of their writer and over the price, "
        f"{operator} (known: {chosen_bp():.2f}), and one of two sequencers that are drawn {drawn} with three hundred "
        f"prints; if it owes them and delays exercise, what lapses within 20 s is {late}; outages move what options "
        f"are paid at by {stale}."
    )


def headlines(runs: pd.DataFrame) -> list[Headline]:
    """What the answer compares."""
    return list(_changed(runs).values())


def _made(runs: pd.DataFrame) -> dict[tuple[str, str, str], tuple[pd.Series, pd.Series]]:
    """Outcomes without and with each channel, by channel, regime and terms."""
    return {(cell["channel"], cell["regime"], cell["terms"]): _pair(runs, cell) for cell in cells()}


def _changed(runs: pd.DataFrame) -> dict[tuple[str, str, str], Headline]:
    """What choosing the print and outages change, by channel, regime and terms."""
    asked = [("print", "operator", design) for design in PRINTS]
    asked += [("print", "lottery", "deribit"), *(("stale", "operator", design) for design in PRINTS)]
    what, made = {"print": "gain by choosing the print", "stale": "price paid, with outages less without"}, _made(runs)
    found = {}
    for channel, regime, terms in asked:
        off, on = made[channel, regime, terms]
        found[channel, regime, terms] = pair(f"{what[channel]}, {regime}, {terms}", on, off, "bp")
    return together(found)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By channel, regime and terms: means over seeds (standard errors) without the channel and with it."""
    rows = []
    for cell in cells():
        off, on = _pair(runs, cell)
        rows.append(
            {
                "channel": CHANNELS[cell["channel"]],
                "who orders": cell["regime"],
                "terms": cell["terms"],
                "without": statistics.mean_and_error(off),
                "with": statistics.mean_and_error(on),
                "difference": statistics.mean_and_error(on - off),
                "known": "" if cell["known"] is None else f"{cell['known']:.3g}",
            }
        )
    return pd.DataFrame(rows)
