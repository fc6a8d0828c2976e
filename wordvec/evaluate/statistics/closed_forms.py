"""Tests of scores and of their differences, in closed form, and the correction for several of them."""

from __future__ import annotations

from collections.abc import Sequence
from math import atanh, sqrt, tanh

from wordvec.base.errors import OptionError


def wilson(right: float, items: float, confidence: float = 0.95) -> tuple[float, float] | tuple[None, None]:
    """The interval of a share of right answers (Wilson 1927); two None without items.

    Numbers that are not whole are those of an effective number of items (Korn and Graubard 1998).

    >>> [round(bound, 4) for bound in wilson(81, 263)]  # of 0.308; Newcombe (1998), table II
    [0.2553, 0.3662]
    """
    if not 0 <= right <= items:
        raise OptionError(f"right must be 0 to the {items} items; got {right}")
    if not items:
        return None, None
    from scipy.special import ndtri

    z = float(ndtri((1 + confidence) / 2))
    share, spread = right / items, z * z / items
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / items + spread / items / 4)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))  # whatever the rounding


def fisher(correlation: float, items: int, confidence: float = 0.95) -> tuple[float, float] | tuple[None, None]:
    """The interval of Spearman's correlation by Fisher's z with the variance of Bonett and Wright (2000).

    Two None for less than 4 items, and for a correlation of 1 or -1, where it has no width.

    >>> [round(bound, 2) for bound in fisher(0.8, 30)]
    [0.58, 0.91]
    """
    if not -1 <= correlation <= 1:
        raise OptionError(f"a correlation must be from -1 to 1; got {correlation}")
    if items < 4 or abs(correlation) == 1:
        return None, None
    from scipy.special import ndtri

    half = float(ndtri((1 + confidence) / 2)) * sqrt((1 + correlation**2 / 2) / (items - 3))
    return tanh(atanh(correlation) - half), tanh(atanh(correlation) + half)


def mcnemar(first_only: int, second_only: int) -> float:
    """The exact two-sided p value of McNemar's test (1947) of two models on the same questions.

    The arguments count the questions that only the first, and only the second model answers correctly.

    >>> round(mcnemar(1, 9), 4), mcnemar(0, 0)
    (0.0215, 1.0)
    """
    if first_only < 0 or second_only < 0:
        raise OptionError(f"the counts must be 0 or more; got {first_only} and {second_only}")
    from scipy.stats import binom

    return min(1.0, 2 * float(binom.cdf(min(first_only, second_only), first_only + second_only, 0.5)))


def williams(first: float, second: float, between: float, items: int) -> tuple[float, float] | tuple[None, None]:
    """(t, two-sided p) of the difference of two correlations with the same gold values.

    `first` and `second` are the correlations of two models with the gold values, `between` that of the models with each
    other, over `items` items. Williams's form of Hotelling's test, as Steiger (1980, equation 7) recommends it, with
    items - 3 degrees of freedom. Two None where it is undefined: fewer than 4 items, or values without spread.

    >>> t, p = williams(0.4, 0.5, 0.1, 103)
    >>> round(t, 2), round(p, 2)
    (-0.89, 0.37)
    """
    for correlation in (first, second, between):
        if not -1 <= correlation <= 1:
            raise OptionError(f"a correlation must be from -1 to 1; got {correlation}")
    if items < 4:
        return None, None
    from scipy.stats import t as student

    determinant = 1 - first**2 - second**2 - between**2 + 2 * first * second * between
    average = (first + second) / 2
    scale = 2 * (items - 1) / (items - 3) * determinant + average**2 * (1 - between) ** 3
    if scale <= 0:
        return (0.0, 1.0) if first == second else (None, None)
    value = (first - second) * sqrt((items - 1) * (1 + between) / scale)
    return value, float(2 * student.sf(abs(value), items - 3))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """The p values corrected for their number (Holm 1979), in their order; None stays, and does not count.

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    known = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        corrected[place] = highest
    return corrected
