"""Cartels of bidders in the full market, and what they are compared with: the same market in which everybody competes.

Sequencers share out the slots that they buy, builders the blocks that they build. A cartel's prices are held against
those of a run of the same seed, with the same prices and order flow, whose bidders do not collude; so what a cartel
saves, and when it breaks, is seen through the values, which differ a thousandfold from block to block.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from experiments.equilibrium.market import Seat, Watched, payoffs, play, seated
from experiments.markets.small_market import small
from market import regimes
from market.config import RegimeConfig

MARGIN = 0.02
"""Share of the value kept by whoever competes [1]."""
PARTS = 10
"""Into how many parts of equal length a run is cut for the path of prices."""


@dataclass(frozen=True)
class Cartel:
    """A cartel, and who may break it.

    Parameters
    ----------
    role : str
        "sequencer" (slots are sold) or "builder" (blocks are).
    scheme : str
        How the cartel shares the market: "rotation", "slots", "rollups" (builders only).
    members : int
        Size of the cartel.
    enters : float
        When a newcomer enters, as a share of the run; 1: nobody does [1].
    punish_slots : int
        Length of the punishment; 0: for ever [slots].
    caution : float
        0: members stay whatever it costs; 1: until fines exceed the rent [1].
    oversight : dict
        The part of the regime that watches.
    """

    role: str = "sequencer"
    scheme: str = "rotation"
    members: int = 3
    enters: float = 1.0
    punish_slots: int = 0
    caution: float = 1.0
    oversight: dict[str, Any] = field(default_factory=lambda: {"kind": "none"})

    def regime(self) -> RegimeConfig:
        """Slots sold just in time, or blocks built for a proposer; where rollups are shared out, each by itself."""
        base = regimes.load("slot_auction" if self.role == "sequencer" else "pbs")
        changes: dict[str, Any] = {"oversight": self.oversight}
        if self.role == "sequencer":
            seats = self.members + (self.enters < 1.0)
            changes["leader"] = base.leader | {"members": seats, "when": "just_in_time"}
        elif self.scheme == "rollups":
            changes["domains"], changes["block_time_s"] = {"kind": "alone"}, 2.0
        return base.model_copy(update=changes)

    def profile(self, horizon_s: float, collude: bool) -> tuple[Seat, ...]:
        """The members, and the newcomer if there is one."""
        settings = {"scheme": self.scheme, "punish_slots": self.punish_slots, "caution": self.caution}
        compete = "fixed_margin" if self.role == "sequencer" else "naive"
        member = Seat("grim_trigger", settings | {"members": self.members, "margin": MARGIN})
        member = member if collude else Seat(compete, {"margin": MARGIN})
        newcomer = Seat("entrant", {"enters_s": self.enters * horizon_s, "margin": MARGIN})
        return (member,) * self.members + ((newcomer,) if self.enters < 1.0 else ())


def played(cartel: Cartel, blocks: int, seed: int, collude: bool = True) -> Watched:
    """Run the market with the colluding, or with its members competing."""
    config = small(cartel.regime(), blocks)
    return play(config, cartel.role, cartel.profile(config.horizon_s, collude), seed)


def path(colluding: Watched, competing: Watched, parts: int = PARTS) -> np.ndarray:
    """What the cartel paid over what competitors paid for the same slots, by part of the run: shape (parts,)."""
    ours, theirs = (np.array([price for _, _, price in market.sales]) for market in (colluding, competing))
    paid, due = (np.array([part.sum() for part in np.array_split(prices, parts)]) for prices in (ours, theirs))
    return np.divide(paid, due, out=np.full(parts, np.nan), where=due > 0.0)


def results(cartel: Cartel, blocks: int, seed: int) -> dict[str, float | int]:
    """Outcomes of a cartel: prices over competitive ones, what it earned its members, who was accused and fined."""
    colluding, competing = played(cartel, blocks, seed), played(cartel, blocks, seed, collude=False)
    relative = path(colluding, competing)
    members = slice(0, cartel.members)
    gained = payoffs(colluding, cartel.role)[members].sum() - payoffs(competing, cartel.role)[members].sum()
    agents = seated(colluding, cartel.role)[members]
    whole = path(colluding, competing, 1)[0]
    first, second = path(colluding, competing, 2)
    return {
        "price_over_competitive": float(whole),
        "price_first_half": float(first),
        "price_second_half": float(second),
        **{f"price_part_{at}": float(value) for at, value in enumerate(relative)},
        "ring_gain_usd": float(gained),
        "members_that_left": sum(agent.cartel.left for agent in agents) / cartel.members,
        "times_broken": float(np.mean([agent.cartel.broken for agent in agents])),
        "rent_per_sale_usd": float(gained) / len(colluding.sales) / cartel.members,
        **_oversight(colluding),
    }


def _oversight(market: Watched) -> dict[str, float | int]:
    rules = [domain.regime.oversight for domain in market.domains]
    if rules[0].kind != "bid_screen":
        return {}
    looks, accused = sum(rule.looks for rule in rules), sum(rule.accusations for rule in rules)
    return {
        "looks": looks,
        "accused_share": accused / looks if looks else float("nan"),
        "fines_usd": sum(rule.fines_usd for rule in rules),
    }


def deterred(cartel: Cartel, screen: dict[str, Any], times: float, blocks: int, seed: int) -> dict[str, float | int]:
    """A cartel under a screen whose fine is `times` what the cartel brings a member between two looks.

    The rent is measured on the same seed without a screen. Deterrence asks that stake at risk x share that is slashed x
    chance of being found out is at least that gain: `deterrence` is the one over the other. Besides the cartel that
    weighs fines, one runs that never gives up, to see what the fines would have cost it.
    """
    free = results(cartel, blocks, seed)
    window = int(screen.get("window", 30))
    rent = free["rent_per_sale_usd"] * window
    settings = {"kind": "bid_screen", **screen, "bond_usd": max(2.0 * times * rent, 1e-6), "fine_share": 0.5}
    weighing = results(replace(cartel, oversight=settings), blocks, seed)
    stubborn = results(replace(cartel, oversight=settings, caution=0.0), blocks, seed)
    return weighing | {
        "rent_per_look_usd": rent,
        "fine_usd": times * rent,
        "deterrence": times * stubborn["accused_share"],
        "stubborn_gain_share": stubborn["ring_gain_usd"] / free["ring_gain_usd"],
        "accused_share": stubborn["accused_share"],
        "fines_usd": weighing["fines_usd"],
    }


def screened(
    cartel: Cartel, screen: str, window: int, false_positive: float, blocks: int, seeds: tuple[int, int]
) -> dict[str, float | int]:
    """How often a screen accuses a cartel and how often it accuses those who compete, and on which statistics.

    Where it needs to know what competition looks like, it is shown it on the second seed; both are then judged on the
    first one. Nobody is fined.
    """
    settings = {"kind": "bid_screen", "screen": screen, "window": window, "proof": 0.0}

    def watched(seed: int, collude: bool, **more: Any) -> tuple[dict[str, float | int], tuple[float, ...]]:
        looked = replace(cartel, oversight=settings | more)
        market = played(looked, blocks, seed, collude)
        return _oversight(market), tuple(x for domain in market.domains for x in domain.regime.oversight.statistics)

    known: dict[str, Any] = {"false_positive": false_positive}
    if screen != "rotation":
        known["reference"] = watched(seeds[1], False, false_positive=0.5, reference=(0.0,))[1]
    (colluding, found), (competing, innocent) = watched(seeds[0], True, **known), watched(seeds[0], False, **known)
    return {
        "accused_share": colluding["accused_share"],
        "accused_share_competing": competing["accused_share"],
        "looks": colluding["looks"],
        "statistic": float(np.mean(found)),
        "statistic_competing": float(np.mean(innocent)),
    }
