"""Series that indicators are tried on."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def random_walk(length: int, seed: int = 7) -> Floats:
    """Prices that move by cents."""
    steps = np.random.default_rng(seed).integers(-300, 301, length)
    return (np.cumsum(steps) + 6_000_000) / 100.0


def adversarial() -> dict[str, Floats]:
    """Short series, each of which breaks some way to compute a window."""
    noise = np.random.default_rng(11).normal(size=70)
    spike = noise.copy()
    spike[[3, 40]] = 1e12, -1e12
    holes = noise.copy()
    holes[[0, 25, 26, 60]] = np.nan
    return {
        "noise": noise,
        "constant": np.full(70, 0.1),
        "large constant": np.full(70, 123_456_789.1),
        "zero": np.zeros(70),
        "spike": spike,
        "spike among constants": np.where(np.arange(70) == 30, 1e12, 0.1),
        "high level": noise * 1e-3 + 1e9,
        "alternating": np.where(np.arange(70) % 2, 1e9, -1e9),
        "step": np.where(np.arange(70) < 35, 1e-3, 1e8),
        "holes": holes,
        "growing": 1.5 ** np.arange(70),
        "tiny": noise * 1e-300,
        "walk": random_walk(70),
    }
