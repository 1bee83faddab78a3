"""Errors that are the user's to mend."""

from __future__ import annotations


class InputError(ValueError):
    """Bad input. The message is one line: what is wrong, where, and what is allowed.

    The command line prints the message and exits with code 2.
    """
