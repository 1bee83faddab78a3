"""Allocation and payment rules of the auctions in which the right to order or to build is sold.

Every rule is a compiled pure function of the bids: it knows nothing of bidders, values or strategies. The sealed
formats share `settle(bids, reserve, u, payments) -> winner`; the open ascending auction is a relay that is advanced
step by step.
"""
