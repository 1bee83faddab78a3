"""Figures: one file each, with a ``CAPTION`` and ``draw(summary)``, which draws the summary that a study stored.

The summary is a long table: levers, ``outcome``, its ``mean``, the ends ``low`` and ``high`` of the 95% interval, the
number ``n`` of runs and their ``values``, all in the unit that the outcome's name ends in. A figure computes no
statistics and simulates nothing.
"""
