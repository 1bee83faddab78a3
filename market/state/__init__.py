"""State of the market: one vector of cells, the tables it is laid out as, and the ledger that moves what lies in it.

Everything that an intent can change, and the parameters of the venues, live in one float64 vector. So undoing a bundle,
comparing two states and digesting one are each a single statement, and a compiled function takes three arrays instead
of thirty (numba pays for every array at every call). Compiled code reads a cell by the name of its column::

    get(state, Pool.fee, pool)

and Python code reads the same memory, by the same names, through :class:`market.state.store.Tables`::

    tables.pools["fee"][pool]

Whole numbers (accounts, assets) are stored as floats, which are exact up to 2**53.
"""
