"""What is known of the error with which an option at the money is replicated by hedges that are made now and then.

Times are in any one unit, volatilities in one over its root. All of it is derived: what hedges miss over stretches that
follow one another is uncorrelated, so that variances add up; in the limit of hedges that are close together the
variance is the mean age of the hedge times I. Source of the limit: P. Boyle and D. Emanuel (1980), Discretely adjusted
option hedges, Journal of Financial Economics 8. It is near where a hedge is young beside what is left of the option's
life: what hours add to the variance that pass the expiry is less than their age says.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

WIDE, NARROW = np.linspace(-8.0, 8.0, 533), np.linspace(-6.0, 6.0, 61)
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


def hedge_variance(begins: np.ndarray, step: float, volatility: float, price: float, late: float = 0.0) -> float:
    """Variance of the error of one option's hedges at finite distances, by quadrature.

    An option less delta of the underlying is worth a martingale, whose increments over stretches are uncorrelated.

    Parameters
    ----------
    begins
        shape (slots to expiry, lengths): chance that a hedge is made in a slot and lasts for so many slots, 1 and more;
        what would pass the expiry ends there
    step
        distance of two slots
    volatility, price
        of the underlying, and the strike
    late
        time from when a hedge is decided to when it is carried out, of each but the first
    """
    slots, total = len(begins), 0.0
    times = np.minimum(np.arange(slots + 1) * step + late, slots * step)
    times[0] = 0.0
    calls = _call_square(times, volatility)
    for start in range(slots):
        lengths = np.flatnonzero(begins[start])
        places = np.append(start, np.minimum(start + 1 + lengths, slots))
        worth = calls[places] + _hedge_square(start * step, times[places], times[-1], volatility)
        total += float(begins[start, lengths] @ (worth[1:] - worth[0]))
    return price**2 * total


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


def _hedge_square(made: float, times: np.ndarray, tenor: float, volatility: float) -> np.ndarray:
    """What hedging by the delta D of one time adds to E[C_t^2] at later times: E[(D S_t)^2] - 2 E[D S_t C_t].

    Of a price S at that time, S_t C_t is worth S times a call on S exp(sigma^2 h), h being what has passed since.
    """
    spot = np.exp(volatility * np.sqrt(made) * WIDE - 0.5 * volatility**2 * made)
    held = spot * _call(spot, tenor - made, volatility)[1]
    grown, weights = np.exp(volatility**2 * (times - made)), _weights(WIDE)
    crossed = _call(spot[:, None] * grown, tenor - made, volatility)[0]
    return float(weights @ held**2) * grown - 2.0 * (weights * held) @ crossed


def _call_square(times: np.ndarray, volatility: float) -> np.ndarray:
    """E[C_t^2] of a call of strike 1 on a price that was 1, which expires at the last of the times."""
    spot = np.exp(volatility * np.sqrt(times) * WIDE[:, None] - 0.5 * volatility**2 * times)
    squares = np.array(
        [_weights(WIDE) @ _call(spot[:, at], times[-1] - time, volatility)[0] ** 2 for at, time in enumerate(times)]
    )
    sd = volatility * np.sqrt(times[-1])  # at expiry there is a kink, and a formula
    squares[times == times[-1]] = np.exp(sd**2) * ndtr(1.5 * sd) - 2.0 * ndtr(0.5 * sd) + ndtr(-0.5 * sd)
    return squares


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
    delta = ndtr(away)
    return spot * delta - ndtr(away - sd), delta


def chances(rate: float, mean: float, slot: float, slots: int, down: float = 0.0) -> np.ndarray:
    """Chance that a hedge is made in a slot and lasts for so many slots: shape (slots, slots), from 1 slot on.

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
    down
        chance that the sequencer is down in the first slot, in which the hedge counts as made all the same
    """
    back = 1.0 / mean
    decay, failed = np.exp(-(rate + back) * slot), rate / (rate + back)
    stays_up, stays_down = 1.0 - failed + failed * decay, failed + (1.0 - failed) * decay
    up = 1.0 - failed + (failed - down) * decay ** np.arange(slots)
    again = (1.0 - stays_down) * stays_down ** np.arange(slots)  # where it was down in a slot
    lengths = np.append(stays_up, (1.0 - stays_up) * again[:-1])
    for each in (again, lengths):
        each[-1] += 1.0 - each.sum()  # what lasts longer passes the expiry from anywhere
    begins = up[:, None] * lengths[None, :]
    begins[0] += down * again
    return begins


def down(rate: float, mean: float, after: float) -> float:
    """Chance that a sequencer that was up is down after a while; see :func:`chances`."""
    back = 1.0 / mean
    return rate / (rate + back) * float(-np.expm1(-(rate + back) * after))


def mean_age(begins: np.ndarray, step: float) -> float:
    """Mean age of hedges over the life of an option, of chances as :func:`hedge_variance` takes them."""
    slots, total = len(begins), 0.0
    for start in range(slots):
        lasting = np.minimum(np.arange(1, begins.shape[1] + 1), slots - start)
        total += float(begins[start] @ (0.5 * lasting**2))
    return total / slots * step
