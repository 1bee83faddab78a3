"""An intent of each kind for the tests of the contract of kinds."""

from __future__ import annotations

from market.venues import Kind


def _deposit(founded):
    from worlds import ALICE, intent

    return intent(Kind.VAULT_DEPOSIT, ALICE, venue=0, rollup=0, amount=50.0), 0.0


def _withdraw(founded):
    from kinds_examples import carried_out
    from worlds import ALICE, intent

    carried_out(founded, _deposit(founded)[0], 0.0)
    return intent(Kind.VAULT_WITHDRAW, ALICE, venue=0, rollup=0, amount=50.0), 1.0


EXAMPLES = {"vault_deposit": _deposit, "vault_withdraw": _withdraw}
