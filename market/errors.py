"""Errors that are the user's to mend."""

from __future__ import annotations


class InputError(ValueError):
    """Bad input. The message is one line: what is wrong, where, and what is allowed.

    The command line prints the message and exits with code 2.
    """


class StrategyError(RuntimeError):
    """A strategy's fault: it raised, or asked for something that no market can carry out.

    The message names agent, slot, seed and, where there is one, the intent. It fails the run it happened in, no other.
    """


class AccountingError(RuntimeError):
    """The books do not balance: a fault of the market itself, never of a strategy."""
