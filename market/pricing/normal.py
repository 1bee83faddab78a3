"""The normal distribution, and its Mills ratio, which neither overflows nor loses digits in the tails.

Source: W. J. Cody (1969), Rational Chebyshev approximations for the error function, Mathematics of Computation 23,
631-637; the coefficients are those of his routine CALERF, public in SPECFUN.
"""

from __future__ import annotations

import math

from market.kernel.compiled import kernel

ROOT_HALF = math.sqrt(0.5)
ROOT_HALF_PI = math.sqrt(0.5 * math.pi)
DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)
ONE_OVER_ROOT_PI = 1.0 / math.sqrt(math.pi)
MIDDLE, FAR = 0.46875, 4.0
"""Where one of Cody's three approximations ends and the next one begins."""


@kernel
def _error_over_argument(square: float) -> float:
    """Return erf(y) / y for y^2 = `square`, y up to `MIDDLE`."""
    above = 1.85777706184603153e-1 * square + 3.16112374387056560e0
    above = (above * square + 1.13864154151050156e2) * square + 3.77485237685302021e2
    above = above * square + 3.20937758913846947e3
    below = (square + 2.36012909523441209e1) * square + 2.44024637934444173e2
    below = (below * square + 1.28261652607737228e3) * square + 2.84423683343917062e3
    return above / below


@kernel
def _scaled_middle(y: float) -> float:
    """Return exp(y^2) erfc(y) for y from `MIDDLE` to `FAR`."""
    above = (2.15311535474403846e-8 * y + 5.64188496988670089e-1) * y + 8.88314979438837594e0
    above = (above * y + 6.61191906371416295e1) * y + 2.98635138197400131e2
    above = (above * y + 8.81952221241769090e2) * y + 1.71204761263407058e3
    above = (above * y + 2.05107837782607147e3) * y + 1.23033935479799725e3
    below = (y + 1.57449261107098347e1) * y + 1.17693950891312499e2
    below = (below * y + 5.37181101862009858e2) * y + 1.62138957456669019e3
    below = (below * y + 3.29079923573345963e3) * y + 4.36261909014324716e3
    below = (below * y + 3.43936767414372164e3) * y + 1.23033935480374942e3
    return above / below


@kernel
def _scaled_far(y: float) -> float:
    """Return exp(y^2) erfc(y) for y beyond `FAR`."""
    z = 1.0 / (y * y)
    above = (1.63153871373020978e-2 * z + 3.05326634961232344e-1) * z + 3.60344899949804439e-1
    above = ((above * z + 1.25781726111229246e-1) * z + 1.60837851487422766e-2) * z + 6.58749161529837803e-4
    below = ((z + 2.56852019228982242e0) * z + 1.87295284992346725e0) * z + 5.27905102951428412e-1
    below = (below * z + 6.05183413124413191e-2) * z + 2.33520497626869185e-3
    return (ONE_OVER_ROOT_PI - z * above / below) / y


@kernel
def mills(z: float) -> float:
    """Mills ratio P(Z > z) / density(z) of the standard normal distribution, for z of at least 0."""
    y = z * ROOT_HALF
    if y <= MIDDLE:
        square = y * y
        return ROOT_HALF_PI * math.exp(square) * (1.0 - y * _error_over_argument(square))
    return ROOT_HALF_PI * (_scaled_middle(y) if y <= FAR else _scaled_far(y))


@kernel
def density(z: float) -> float:
    """Density of the standard normal distribution."""
    return DENSITY_AT_0 * math.exp(-0.5 * z * z)


@kernel
def below(z: float, density: float) -> float:
    """Return P(Z < z), given the density at z, which whoever asks mostly has already."""
    y = abs(z) * ROOT_HALF
    if y <= MIDDLE:
        return 0.5 + 0.5 * z * ROOT_HALF * _error_over_argument(y * y)
    tail = density * ROOT_HALF_PI * (_scaled_middle(y) if y <= FAR else _scaled_far(y))
    return tail if z < 0.0 else 1.0 - tail
