"""The model's description in ODD form (Grimm et al. 2020) and its summary, written from the code: `seqmarket describe`.

What is said in words stands in the templates beside this file; whatever is a list (columns, parameters, strategies,
mechanisms, streams, known answers) is read from the code by `tables`, so that it cannot drift.
"""
