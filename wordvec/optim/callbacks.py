"""Callbacks after each epoch: their argument, their answers, and the line in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wordvec.base.errors import OptionError
from wordvec.base.logs import EPOCHS

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors


@dataclass(frozen=True)
class Epoch:
    """The argument of a callback: the facts of the epoch that ended."""

    number: int  # from 1
    epochs: int
    loss: float | None  # mean over the targets of this epoch, before each step; None: no target
    alpha: float  # learning rate of the last chunk
    tokens: int  # tokens of the corpus, before subsampling; of a count model, cells of the matrix
    seconds: float
    vectors: KeyedVectors  # a view that training changes; copy what you keep


Callback = Callable[[Epoch], object]


def listed(callbacks: Any) -> tuple[Callback, ...]:
    """The callbacks as a tuple, from one or several; OptionError, before any work, for one that cannot be called."""
    several = isinstance(callbacks, Iterable) and not callable(callbacks) and getattr(callbacks, "ndim", None) != 0
    functions = tuple(callbacks) if several else (callbacks,)
    for callback in functions:
        if not callable(callback):
            hint = "call it from a function of yours: callbacks=[lambda epoch: print(epoch.number, epoch.loss)]"
            if hasattr(callback, "on_epoch_end"):
                hint = "an object with on_epoch_end is gensim's; wordvec.gensim takes it, or " + hint
            raise OptionError(f"callbacks must be functions of an Epoch; got {callback!r:.60}: {hint}")
    return functions


def ends(callbacks: Iterable[Callback], epoch: Epoch) -> bool:
    """Call all callbacks; whether one of them ends training.

    True ends training, None and False do not; numpy's booleans, 1 and 0 count as such. Any other answer is an
    OptionError.
    """
    return any([_answer(callback, callback(epoch)) for callback in callbacks])


def _answer(callback: Callback, value: Any) -> bool:
    if value is None:
        return False
    if isinstance(value, (bool, np.bool_)) or (isinstance(value, (int, np.integer)) and value in (0, 1)):
        return bool(value)
    name = getattr(callback, "__name__", repr(callback))
    raise OptionError(
        f"a callback must return True, to end training, or None or False, to go on; {name:.60} returned {value!r:.60}"
    )


def log_epoch(
    number: int, epochs: int, loss: float | None, alpha: float | None, done: int, seconds: float, unit: str
) -> None:
    """One line for the log."""
    if EPOCHS.isEnabledFor(20):
        mean = "no target was trained" if loss is None else f"loss {loss:.4f}"
        rate = "" if alpha is None else f", alpha {alpha:.4g}"
        EPOCHS.info("epoch %d/%d: %s%s, %s %s/s", number, epochs, mean, rate, f"{done / max(seconds, 1e-9):,.0f}", unit)
