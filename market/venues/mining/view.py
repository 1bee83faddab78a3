"""What everybody sees of programmes that pay for liquidity."""

from __future__ import annotations

from market.state.records import Records
from market.state.store import described
from market.venues.mining.tables import Field, Programme, Score


class MiningSeen(Records, columns=described(Programme)):
    """Programmes that pay for liquidity: shape (programmes,)."""


class MiningRollupsSeen(Records, columns=described(Field)):
    """Rollups in programmes, programme by programme: shape (programmes x rollups,)."""


class MiningScoresSeen(Records, columns=described(Score)):
    """What providers had since they were paid: shape (programmes x rollups, providers)."""


VIEWS = {"mining": MiningSeen, "mining_rollups": MiningRollupsSeen, "mining_scores": MiningScoresSeen}
"""Views of whole tables, by the name of the table."""
