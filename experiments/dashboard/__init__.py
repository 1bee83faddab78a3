"""The interactive page: Mesa's own controls over a market that is stepped a second at a time, and panels that show it.

A panel is one file in `panels/`. `levers` says what may be chosen, and to which settings of ``simulate`` each choice
amounts; `shown` is the market that is stepped; `written` puts its configuration down; `page` and `serve` need the extra
``viz``, all else does not.
"""
