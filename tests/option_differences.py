"""Sensitivities of options by differences, for those that are computed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from market.pricing.greeks import Greeks


def differences(value: Callable[..., Greeks], spot: float, years: float, volatility: float, rate: float) -> Greeks:
    """Sensitivities by central differences of a function of these four."""
    up, far = 1e-4 * spot, 2e-3 * spot

    def slope(step: float, **moved: float) -> float:
        at = {"spot": spot, "years": years, "volatility": volatility, "rate": rate}
        more = value(**{name: at[name] + step * moved.get(name, 0.0) for name in at}).price
        less = value(**{name: at[name] - step * moved.get(name, 0.0) for name in at}).price
        return (more - less) / (2.0 * step)

    here = value(spot, years, volatility, rate).price
    bend = value(spot + far, years, volatility, rate).price + value(spot - far, years, volatility, rate).price
    return Greeks(
        here,
        slope(up, spot=1.0),
        (bend - 2.0 * here) / far**2,
        slope(1e-4, volatility=1.0),
        -slope(1e-3 * years, years=1.0),
        slope(1e-4, rate=1.0),
    )


def same(found: Greeks, expected: Greeks, spot: float) -> None:
    """Check computed sensitivities against differences, as exact as these are."""
    assert found.price == pytest.approx(expected.price, abs=1e-10 * spot)
    assert found.delta == pytest.approx(expected.delta, abs=1e-6)
    assert found.gamma == pytest.approx(expected.gamma, rel=5e-3, abs=1e-5 / spot)
    assert found.vega == pytest.approx(expected.vega, rel=1e-5, abs=1e-6 * spot)
    assert found.theta == pytest.approx(expected.theta, rel=1e-5, abs=1e-5 * spot)
    assert found.rho == pytest.approx(expected.rho, rel=1e-5, abs=1e-6 * spot)
