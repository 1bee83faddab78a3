"""Random draws for compiled learners: the splitmix64 generator on a state of one 64-bit word.

Learners draw once or more per period; a generator that compiles into the loop is several times cheaper there than one
behind a call. The state is an array of one uint64 that its owner passes in, so that the same seed gives the same draws
anywhere.

Source: G. Steele, D. Lea and C. Flood (2014), Fast splittable pseudorandom number generators, OOPSLA.
"""

import numpy as np

from market.kernel.compiled import kernel
from market.kernel.interpreted import wrapping

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 1.0 / 9007199254740992.0  # 2**-53


def stream(seed: int | np.random.SeedSequence) -> np.ndarray:
    """Return the state, shape (1,) of uint64, of a stream of draws grown from `seed`."""
    parent = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    return parent.generate_state(1, np.uint64)


@wrapping
@kernel
def uniform(state: np.ndarray) -> float:
    """Draw from [0, 1) and advance `state`."""
    state[0] += _GAMMA
    z = state[0]
    z = (z ^ (z >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    z ^= z >> _S31
    return np.float64(z >> _S11) * _UNIT


@kernel
def below(state: np.ndarray, n: int) -> int:
    """Draw an integer from 0, ..., n - 1 and advance `state`."""
    return int(uniform(state) * n)


@kernel
def choice(state: np.ndarray, probabilities: np.ndarray) -> int:
    """Draw an index with the given probabilities (they sum to 1) and advance `state`."""
    left = uniform(state)
    last = 0
    for k in range(probabilities.size):
        if probabilities[k] > 0.0:
            last = k
            if left < probabilities[k]:
                return k
        left -= probabilities[k]
    return last


@kernel
def best(state: np.ndarray, values: np.ndarray) -> int:
    """Return the index of the largest value, exact ties broken at random (NaN never wins)."""
    index, ties = 0, 0
    top = -np.inf
    for k in range(values.size):
        if values[k] > top or (ties == 0 and values[k] == top):
            top, index, ties = values[k], k, 1
        elif values[k] == top:
            # The k-th of equal values replaces the kept one with probability 1/k: uniform over all of them.
            ties += 1
            if uniform(state) * ties < 1.0:
                index = k
    return index
