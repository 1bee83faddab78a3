"""What is known of the error with which an option at the money is replicated by hedges that are made now and then.

Times are in any one unit, volatilities in one over its root. All of it is derived: what hedges miss over stretches that
follow one another is uncorrelated, so that variances add up; in the limit of hedges that are close together the
variance is the mean age of the hedge times I. Source of the limit: P. Boyle and D. Emanuel (1980), Discretely adjusted
option hedges, Journal of Financial Economics 8.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

WIDE, NARROW = np.linspace(-6.0, 6.0, 401), np.linspace(-6.0, 6.0, 61)
"""Standard normal numbers between which is integrated: gamma is narrow near the expiry."""
NEXT_TO_NOTHING = 1e-7


def integrated_variance(tenor: float, volatility: float, price: float) -> float:
    """I of an option at the money: the integral over its life T of v(t) = E[(sigma^2 S^2 gamma)^2].

    With S = K, v(t) = sigma^2 K^2 / (2 pi sqrt(T^2 - t^2)) exp(-(sigma^2 T / 2)^2 / (sigma^2 (T + t))).
    """
    angles = (np.arange(20_000) + 0.5) / 20_000 * 0.5 * np.pi  # t = T sin(angle) takes the root out
    left = volatility**2 * (tenor + tenor * np.sin(angles))
    values = np.exp(-((0.5 * volatility**2 * tenor) ** 2) / left)
    return volatility**2 * price**2 / (2.0 * np.pi) * float(values.mean()) * 0.5 * np.pi


def hedge_variance(begins: np.ndarray, step: float, volatility: float, price: float) -> float:
    """Variance of the error of one option's hedges at finite distances.

    Over a stretch from t on, of length h, it is that of C(S_{t+h}) - C(S_t) - delta (S_{t+h} - S_t), by quadrature.

    Parameters
    ----------
    begins
        shape (slots to expiry, lengths): chance that a hedge is made in a slot and lasts for so many slots, 1 and more;
        what would pass the expiry ends there
    step
        distance of two slots
    volatility, price
        of the underlying, and the strike
    """
    slots, total = len(begins), 0.0
    for start in range(slots):
        left = slots - start
        chance = begins[start, :left].copy()
        chance[-1] += begins[start, left:].sum()
        for length in np.flatnonzero(chance > NEXT_TO_NOTHING).tolist():
            times = start * step, (length + 1) * step, left * step
            total += float(chance[length]) * _missed(*times, volatility, price)
    return total


def rate(at: float, tenor: float, volatility: float, price: float) -> float:
    """v(t) of an option at the money: what :func:`integrated_variance` is the integral of."""
    bend = (0.5 * volatility**2 * tenor) ** 2 / (volatility**2 * (tenor + at))
    return float(volatility**2 * price**2 / (2.0 * np.pi * np.sqrt(tenor**2 - at**2)) * np.exp(-bend))


def turnover(slots: int, step: float, volatility: float, price: float) -> float:
    """Mean value of what hedges trade after the first one, where there is one in each slot and at expiry."""
    total = 0.0
    for slot in range(1, slots + 1):
        before, left = (slot - 1) * step, (slots - slot) * step
        first = np.exp(volatility * np.sqrt(before) * WIDE - 0.5 * volatility**2 * before)[:, None]
        then = first * np.exp(volatility * np.sqrt(step) * NARROW - 0.5 * volatility**2 * step)[None, :]
        traded = np.abs(_call(then, left, volatility)[1] - _call(first, left + step, volatility)[1])
        total += float(_weights(WIDE) @ ((then * traded) @ _weights(NARROW)))
    return price * total


def _missed(before: float, after: float, left: float, volatility: float, price: float) -> float:
    """Mean square of what one hedge misses that is made at a time, lasts for another, and of which a third is left."""
    first = np.exp(volatility * np.sqrt(before) * WIDE - 0.5 * volatility**2 * before)[:, None]
    then = first * np.exp(volatility * np.sqrt(after) * NARROW - 0.5 * volatility**2 * after)[None, :]
    value, delta = _call(first, left, volatility)
    missed = _call(then, left - after, volatility)[0] - value - delta * (then - first)
    return price**2 * float(_weights(WIDE) @ (missed**2 @ _weights(NARROW)))


def _weights(normal: np.ndarray) -> np.ndarray:
    """Weights of evenly spaced values of a standard normal number."""
    density = np.exp(-0.5 * normal**2)
    return density / density.sum()


def _call(spot: np.ndarray, left: float, volatility: float) -> tuple[np.ndarray, np.ndarray]:
    """A call of strike 1: its price and its delta."""
    sd = volatility * np.sqrt(max(left, 0.0))
    if sd < NEXT_TO_NOTHING:
        return np.maximum(spot - 1.0, 0.0), np.where(spot > 1.0, 1.0, 0.0)
    away = np.log(spot) / sd + 0.5 * sd
    return spot * norm.cdf(away) - norm.cdf(away - sd), norm.cdf(away)


def chances(rate: float, mean: float, slot: float, slots: int) -> np.ndarray:
    """Chance that a hedge is made in a slot and lasts for so many slots: shape (slots, slots), from 1 slot on.

    The sequencer is up in the first slot.

    Parameters
    ----------
    rate
        of outages while it is up
    mean
        of their exponential length
    slot
        distance of two slots, in the same unit of time
    slots
        how many there are
    """
    back = 1.0 / mean
    decay, failed = np.exp(-(rate + back) * slot), rate / (rate + back)
    stays_up, stays_down = 1.0 - failed + failed * decay, failed + (1.0 - failed) * decay
    up = 1.0 - failed + failed * decay ** np.arange(slots)
    lengths = np.empty(slots)
    lengths[0] = stays_up
    lengths[1:] = (1.0 - stays_up) * (1.0 - stays_down) * stays_down ** np.arange(slots - 1)
    lengths[-1] += 1.0 - lengths.sum()  # what lasts longer passes the expiry from anywhere
    return up[:, None] * lengths[None, :]


def mean_age(begins: np.ndarray, step: float) -> float:
    """Mean age of hedges over the life of an option, of chances as :func:`hedge_variance` takes them."""
    slots, total = len(begins), 0.0
    for start in range(slots):
        lasting = np.minimum(np.arange(1, begins.shape[1] + 1), slots - start)
        total += float(begins[start] @ (0.5 * lasting**2))
    return total / slots * step
