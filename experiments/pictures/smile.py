"""The smile of options whose maker's model has jumps."""

TITLE = "The smile of options at the end of a run, by a maker whose model has ten jumps a year, most of them down"
FIGURE = "smile"
COMMANDS = r"""
simulate --regime centralized_shared --hours 0.05 --seed 1 --set 'rollups.0.options=[{strikes=9}]' \
    --set 'agents=[{role="market_maker",strategy="model_quoter",parameters={model="merton",half_bp=1.0}}]' \
    --set 'agents.0.parameters.law={volatility=0.6,rate=10.0,mean=-0.05,sd=0.1}' --options
"""
