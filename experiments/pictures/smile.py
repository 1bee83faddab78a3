"""The smile of options whose maker's model has jumps."""

TITLE = "The smile of options at the end of a run, as a maker quotes it whose model has jumps"
FIGURE = "smile"
COMMANDS = r"""
simulate --regime centralized_shared --hours 0.05 --seed 1 --set 'rollups.0.options=[{strikes=9}]' \
    --set 'agents=[{role="market_maker",strategy="model_quoter",parameters={model="merton",half_bp=1.0}}]' --options
"""
