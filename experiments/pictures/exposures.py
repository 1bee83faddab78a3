"""Who is exposed to what on options: a maker whose vega another takes over, and buyers who also write."""

TITLE = "What accounts on options are exposed to, where one rollup's maker passes its vega on to another's"
FIGURE = "exposures"
COMMANDS = r"""
simulate --regime centralized_shared --hours 0.1 --seed 1 \
    --set 'rollups.1.options=[{strikes=3}]' --set 'rollups.2.options=[{strikes=3}]' \
    --set 'agents=[{role="market_maker",strategy="fixed_spread"},{role="market_maker",strategy="fixed_spread"},{role="trader",strategy="option_buyer",count=3}]' \
    --set agents.0.parameters.rollup=rollup1 --set agents.1.parameters.rollup=rollup2 \
    --set agents.0.parameters.vega_rollup=rollup2 --set agents.0.parameters.vega_usd=20.0 \
    --set agents.2.parameters.per_hour=600.0 --set agents.2.parameters.sell_share=0.3 \
    --set 'agents.2.parameters.rollups=["rollup1"]' --exposures
"""  # noqa: E501 - a list of agents is one argument
