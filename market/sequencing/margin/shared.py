"""One margin account for each owner over all rollups of a domain.

What an account holds on one rollup covers what it owes on another, positions in the same asset offset, and whoever
takes over an account takes part of all of it. An intent on one rollup is then checked, and may act, on the state of
others, which takes rollups that execute together: the domain's bundles have to be executed as a whole, and it keeps its
rollups. Coins stay in the vault of the rollup on which they were paid in; what is owed to somebody on one whose vault
is empty lies in another's, where it may be withdrawn.
Source: portfolio margin over an account's positions, as of clearing houses (CFTC rules, 17 CFR 39.13(g)); here over
the rollups of a domain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from market.errors import InputError
from market.intents.bundles import Atomicity
from market.sequencing import compose
from market.sequencing.margin.base import Margin

if TYPE_CHECKING:
    from market.sequencing.domains.base import Charter


class SharedMargin(Margin):
    """Accounts of options, and the perpetuals beside them, are one account over the rollups of the domain."""

    kind: Literal["shared"] = "shared"
    one: ClassVar[bool] = True
    portable: ClassVar[bool] = False

    def check(self, charter: Charter) -> None:
        """Raise InputError where rollups of the domain do not execute together."""
        guarantees = compose(charter.regime)["guarantees"]
        if guarantees.atomicity != Atomicity.EXECUTION:
            raise InputError("regime.margin: shared needs rollups that execute together; allowed: guarantees execution")
