"""Optimal transport of one distribution to another, as a linear program."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError


def transport_cost(supply: NDArray[np.float64], demand: NDArray[np.float64], costs: NDArray[np.float64]) -> float:
    """The least cost of moving supply [n] to demand [m] of the same sum, at costs [n, m] a unit."""
    if 1 in costs.shape:
        return float((costs * np.outer(supply, demand)).sum() / supply.sum())
    from scipy.optimize import linprog
    from scipy.sparse import eye_array, kron, vstack

    n, m = costs.shape
    leaves, arrives = kron(eye_array(n), np.ones((1, m))), kron(np.ones((1, n)), eye_array(m))
    # One equation follows from the others, but for rounding: it is left out.
    equations, amounts = vstack([leaves, arrives]).tocsr()[:-1], np.concatenate([supply, demand])[:-1]
    solve: Any = linprog  # scipy's types know no sparse equations
    solution = solve(costs.ravel(), A_eq=equations, b_eq=amounts, method="highs")
    if solution.fun is None:
        raise OptionError(f"documents must have a distance that can be computed; the solver says: {solution.message}")
    return float(solution.fun)
