"""Command lines and TOML files with something odd about them, for hypothesis to draw."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st
from worlds import cast, config, lender, rollup

from market import regimes
from market.config import MarketConfig, PerpetualConfig
from market.sequencing import PARTS, kinds, mechanism

EXAMPLES = int(os.environ.get("SEQMARKET_FUZZ_EXAMPLES", "50"))
"""How many examples each fuzz test draws."""

NUMBERS = (
    *("0", "-0.0", "1", "-1", "2", "3", "0.5", "0.999", "1e-3", "1e-9", "1e-300", "5e-324", "10", "100", "1e4", "1e6"),
    *("1e9", "1e10", "1e12", "1e18", "1e100", "1e308", "-1e308", "1e309", "nan", "inf", "-inf", "9223372036854775808"),
    *("1_000", "0x10", "1e", "--1", "+5", "1" * 400, "9" * 5000, "1" * 20),
)
TEXTS = (
    *("", '""', '"x"', "x", "true", "false", "[]", "{}", "[[]]", "[1]", "[1, 2, 3]", '["a", "b"]', "{kind = 1}"),
    *('{kind = "x"}', '{kind = "none"}', "{a = {b = {c = 1}}}", "1979-05-27", "07:32:00", "1979-05-27T07:32:00Z"),
    *("[" * 400 + "]" * 400, "[" * 5000, "{a=" * 300 + "1" + "}" * 300, "ünïcödé", '"\\u0000"', "\u202e", "🦀", "''"),
    *("1\n2", '"""', "#", "= 1", "a.b.c", "null", "None", "[{}]", "[{name = 'a'}]", "/dev/null", "/", "~", "x" * 5000),
)
SMALL = st.sampled_from(
    ("0", "1", "2", "5", "0.1", "0.5", "0.9", "1.0", "1.5", "10.0", "100.0", "1e4", "true", "[1.0]")
)
JUNK_KEYS = ("", ".", "a", "a.b", "0", "-1", "rollups", "rollups.9.x", "rollups.x", "rollups..name", "é", "x" * 300)


def base() -> MarketConfig:
    """A market of a second with something of everything."""
    future = PerpetualConfig(traders=4, depth_usd=1e6, margin_median_usd=5e3)
    both = (
        rollup("a", lending=(lender(rate=0.1),), borrowers=5, gas_usd=0.01, perpetuals=(future,)),
        rollup("b"),
    )
    return config(*both, horizon_s=2.0, agents=cast(), audit_every=1)


def paths(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys of everything in a configuration, tables and lists included, and what stands there."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        path = f"{prefix}{key}"
        yield path, item
        yield from paths(item, f"{path}.")


def of_regimes() -> list[str]:
    """Settings of the parts of a regime: each kind, and each of its parameters, as `KEY=` or `KEY=VALUE`."""
    found = [f"regime={name}" for name in regimes.names()]
    for part in PARTS:
        for kind in kinds(part):
            found.append(f"regime.{part}={kind}")
            fields = mechanism(part, kind).model_fields
            found += [f"regime.{part}={kind}|regime.{part}.{name}=" for name in fields if name != "kind"]
    return found


KEYS = dict(paths(base().model_dump(mode="json")))
FACTORS = (0.0, 1e-6, 1e-3, 0.1, 0.5, 0.9, 1.0, 1.1, 2.0, 10.0, 1e3, 1e6)
values = st.one_of(
    st.sampled_from(NUMBERS), st.sampled_from(TEXTS), st.text(max_size=8), st.floats().map(repr), st.integers().map(str)
)


def near(key: str) -> st.SearchStrategy[str]:
    """Values of a key that may well be allowed: multiples of a number; of anything else, something odd."""
    value = KEYS[key]
    if isinstance(value, bool):
        return st.sampled_from(("true", "false"))
    if isinstance(value, int | float):
        kind = type(value)
        return st.one_of(st.sampled_from(FACTORS), st.floats(0.0, 20.0)).map(lambda factor: repr(kind(value * factor)))
    return values


@st.composite
def settings_(draw: st.DrawFn) -> list[str]:
    """`--set` and what follows it, once to three times."""
    words: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        which = draw(st.integers(0, 11))
        key = draw(st.sampled_from(sorted(KEYS)))
        if which < 5:
            texts = [f"{key}={draw(near(key))}"]
        elif which < 6:
            texts = [f"{key}={draw(values)}"]
        elif which < 11:
            texts = [
                t + draw(st.one_of(values, SMALL)) if t.endswith("=") else t
                for t in draw(st.sampled_from(of_regimes())).split("|")
            ]
        else:
            texts = [draw(st.sampled_from(JUNK_KEYS)) + draw(st.sampled_from(("=", "", "=="))) + draw(values)]
        for text in texts:
            words += ["--set", text]
    return words


def _option(name: str, *known: str) -> st.SearchStrategy[list[str]]:
    return st.one_of(st.sampled_from(known) if known else values, values).map(lambda value: [name, value])


SIMULATE = st.one_of(
    settings_(), settings_(), _option("--regime", *regimes.names()), _option("--seed", "0", "1", "1" * 30),
    _option("--hours", "0.0001", "1e-300"), _option("--prices"), _option("--pools"), _option("--config"),
    st.just(["--flows"]), st.just(["--tape", "absent/x.parquet"]), st.just(["--nonsense"]), st.just(["word"]),
)  # fmt: skip
RUN = st.one_of(
    _option("--seeds", "1", "2"), _option("--workers", "1"), _option("--out", "results"), st.just(["--quick"]),
    settings_(), _option("--config"), _option("--time-limit", "1e-3x", "-1"), st.just(["--nonsense"]),
    st.just(["--set"]),
)  # fmt: skip
OTHER = {
    "list": st.one_of(values.map(lambda value: [value]), st.just(["--json"]), st.just(["regimes"]), st.just(["--x"])),
    "figures": st.one_of(values.map(lambda value: [value]), _option("--out")),
    "compare": st.one_of(
        values.map(lambda value: ["--vary", f"{value}={value}"]),
        _option("--sample", "lhs:0"),
        _option("--list", "/"),
        _option("--as-study"),
        st.just(["--vary", "flow.per_second=1:2"]),
        settings_(),
    ),
    "sensitivity": st.one_of(
        values.map(lambda value: ["--lever", f"{value}={value}"]),
        values.map(lambda value: ["--lever", f"flow.per_second=1:{value}", "--outcome", "x"]),
        _option("--method", "sobol:0"),
        _option("--slice", "0/1"),
    ),
    "merge": values.map(lambda value: [value]),
    "power": st.one_of(_option("--difference"), st.just(["--outcome", "x"]), _option("--vary", "a=1:2")),
    "validate": st.one_of(values.map(lambda value: [value]), _option("--data"), st.just(["--quick"])),
    "bench": values.map(lambda value: [value]),
    "dashboard": _option("--port", "0", "65536", "-1", "x"),
}


def _joined(parts: list[list[str]]) -> list[str]:
    return [word for part in parts for word in part]


def lines() -> st.SearchStrategy[list[str]]:
    """Command lines of all commands."""
    simulate = st.lists(SIMULATE, max_size=3).map(lambda parts: ["simulate", "--json", *_joined(parts)])
    run = st.lists(RUN, max_size=3).map(lambda parts: ["run", "coins", "--workers", "1", "--quick", *_joined(parts)])
    others = st.sampled_from(sorted(OTHER)).flatmap(
        lambda name: st.lists(OTHER[name], min_size=1, max_size=2).map(lambda parts: [name, *_joined(parts)])
    )
    any_words = st.lists(values, max_size=3)
    return st.one_of(
        simulate, *[settings_().map(lambda words: ["simulate", "--json", *words])] * 8, run, others, any_words
    )


FILE = """
horizon_s = 2.0
window_s = 0.1
[prices]
kind = "gbm"
step_s = 0.25
[[prices.episodes]]
start_s = 0.5
end_s = 1.0
[flow]
per_second = 4.0
latency_s = 0.2
[regime]
name = "mine"
domains = "shared"
visibility = {kind = "sealed", decryption_s = 0.5}
ordering = "priority_fee"
[graph]
kind = "list"
bridges = [{source = "a", target = "b", delay_s = 1.0}]
[[rollups]]
name = "a"
borrowers = 2
[[rollups.pools]]
assets = ["ETH", "USD"]
depth_usd = 1e6
[[rollups.lending]]
rate = 0.1
[[rollups]]
name = "b"
[[agents]]
role = "trader"
strategy = "arbitrageur"
count = 1
parameters = {outside = false}
"""
TABLES = ("[[rollups]]", "[a]", "[[a.b]]", "[prices]", "[flow]", "\ufeff", "]")
LINES = FILE.strip().splitlines()


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """TOML files: lines that are repeated, dropped, moved or given other values, and bytes that are changed."""
    text = list(LINES)
    for _ in range(draw(st.integers(1, 3))):
        at, how = draw(st.integers(0, len(text) - 1)), draw(st.integers(0, 5))
        if how == 0:
            del text[at]
        elif how == 1:
            text.insert(draw(st.integers(0, len(text))), text[at])
        elif how == 2:
            text[at] = f"{text[at].partition('=')[0]}= {draw(st.one_of(values, SMALL, SMALL))}"
        elif how == 3:
            text[at] = text[at][: draw(st.integers(0, len(text[at])))]
        elif how == 4:
            text[at] = f"{draw(st.sampled_from(JUNK_KEYS))} = {draw(values)}"
        else:
            text.insert(
                at, draw(st.sampled_from(("[[rollups]]", "[a]", "[[a.b]]", "[prices]", "[flow]", "\ufeff", "]")))
            )
        if not text:
            break
    data = bytearray("\n".join(text).encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(0, 2))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)
