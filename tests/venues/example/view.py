"""What everybody sees of vaults."""

from __future__ import annotations

from market.venues.vaults.tables import Vault

from market.state.records import Records
from market.state.store import described


class VaultsSeen(Records, columns=described(Vault)):
    """Vaults: shape (vaults,)."""


VIEWS = {"vaults": VaultsSeen}
