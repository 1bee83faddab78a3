"""What options are worth: compiled prices with sensitivities, implied volatilities, and what they must agree with.

Nothing here has a state or a preference: laws of the price, and identities between prices. Times are in years of
`market.settings.YEAR_S` seconds, rates and volatilities per year, prices of options on one unit of the underlying.
"""
