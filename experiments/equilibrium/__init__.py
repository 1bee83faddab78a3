"""Certificates: is a learned profile an equilibrium, and is what looks like a cartel one?

`regret` measures what unilateral deviations would gain; `tables` turns simulations into payoff tables and solves them;
`dynamics` says where populations of strategies go; `collusion` screens prices, bids and winners.
"""

from experiments.equilibrium.collusion import (
    Punishment,
    bid_rotation,
    collusion_index,
    effective_bidders,
    punishment,
    variance_screen,
)
from experiments.equilibrium.dynamics import alpha_rank, evolve
from experiments.equilibrium.regret import NashConv, Regret, best_deviation, exact_nash_conv, nash_conv
from experiments.equilibrium.tables import Equilibrium, payoff_table, support_enumeration, symmetric_table

__all__ = [
    "Equilibrium",
    "NashConv",
    "Punishment",
    "Regret",
    "alpha_rank",
    "best_deviation",
    "bid_rotation",
    "collusion_index",
    "effective_bidders",
    "evolve",
    "exact_nash_conv",
    "nash_conv",
    "payoff_table",
    "punishment",
    "support_enumeration",
    "symmetric_table",
    "variance_screen",
]
