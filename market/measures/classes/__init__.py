"""What executed intents did: a file for each kind of evidence.

`bundles` looks at what a bundle's own members come to together, `sandwiches` at who stands around whom on a pool,
`contract_sandwiches` on a perpetual, and `trades`, over time, at what an account did with what it bought by itself.
None of them reads `purpose`. Only agents of the market extract: the accounts of populations hold many people each, who
trade for their own needs.
"""
