"""Linear classifiers of vectors: logistic regression with an L2 penalty whose strength is chosen on other examples."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import LibraryError
from wordvec.base.libraries import library
from wordvec.base.threads import in_order, thread_pool, usable_cores

Floats = NDArray[np.float32]
Longs = NDArray[np.int64]

GRID = (0.1, 1.0, 10.0)  # values of C
MAX_ITER = 500
FOLDS = 10
_HELD_OUT = 5  # one part in so many is held out to choose C


class Rows(Protocol):
    """The vectors of examples, by their numbers."""

    def __getitem__(self, places: Longs, /) -> Floats:
        """[n, D] the vectors of some examples."""
        ...


class Classifier(NamedTuple):
    """What was learned: the classes of vectors, and whether the iterations were enough."""

    predict: Callable[[Floats], Longs]
    converged: bool


def check_library() -> None:
    """LibraryError where scikit-learn is missing."""
    for name in ("sklearn", "threadpoolctl"):
        library(name, "wordvec[sklearn]", "for probes")


def why_not() -> str | None:
    """Why nothing can be learned here: scikit-learn is missing; None where it is there."""
    try:
        check_library()
    except LibraryError as error:
        return str(error)
    return None


@contextmanager
def one_thread() -> Iterator[None]:
    """A block in which BLAS uses one thread.

    The last digits of its products, and so some predictions, depend on the number of threads. Threads of ours may run
    in the block.
    """
    check_library()
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def fitted(
    vectors: Floats, classes: Longs, C: float, max_iter: int = MAX_ITER, weights: Floats | None = None
) -> Classifier:
    """A logistic regression of classes [n] on vectors [n, D], to be fitted in a block with `one_thread`."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    first = int(classes[0])
    if (classes == first).all():
        return Classifier(lambda some: np.full(len(some), first), True)
    model = LogisticRegression(C=C, max_iter=max_iter)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(vectors, classes, sample_weight=weights)
    return Classifier(model.predict, int(model.n_iter_.max()) < max_iter)


class Scale:
    """Dimensions at mean 0 and variance 1 over some vectors [n, D]; those that do not vary stay at 0."""

    def __init__(self, vectors: Floats) -> None:
        self.mean = vectors.mean(axis=0, dtype=np.float64)
        deviation = vectors.std(axis=0, dtype=np.float64)
        self.deviation = np.where(deviation > 0, deviation, 1)

    def __call__(self, vectors: Floats) -> Floats:
        """Vectors [n, D] at that scale."""
        scaled: Floats = ((vectors - self.mean) / self.deviation).astype(np.float32)
        return scaled


def learned(vectors: Floats, classes: Longs, dev: Longs, grid: Sequence[float] = GRID) -> Classifier:
    """A classifier whose C is that of `grid` with the most right answers on the examples `dev` [n], the least of ties.

    It is learned from the others for the choice, then from all. `dev` is empty where there are too few.
    """
    C = grid[len(grid) // 2]
    if len(dev):
        rest = np.setdiff1d(np.arange(len(classes)), dev)
        right = [
            int((fitted(vectors[rest], classes[rest], c).predict(vectors[dev]) == classes[dev]).sum()) for c in grid
        ]
        C = grid[int(np.argmax(right))]
    return fitted(vectors, classes, C)


def parts(classes: Longs, count: int, rng: np.random.Generator) -> Longs:
    """[n] the number of a part of each example, so that each of `count` parts has about its share of each class."""
    part = np.empty(len(classes), np.int64)
    start = 0
    for one in np.unique(classes):
        places = rng.permutation(np.flatnonzero(classes == one))
        part[places] = (start + np.arange(len(places))) % count
        start += len(places)
    return part


def held_out(classes: Longs, rng: np.random.Generator) -> Longs:
    """The examples on which C is chosen: a fifth of each class; none where that would be a class less."""
    some = np.flatnonzero(parts(classes, _HELD_OUT, rng) == 0)
    return some if len(classes) >= 2 * _HELD_OUT else some[:0]


class Split(NamedTuple):
    """Which examples are learned from, on which of these choices are made, and which are tested; by their numbers."""

    train: Longs
    dev: Longs  # part of `train`; none given: a fifth of each class is
    test: Longs


Learn = Callable[[Split, np.random.Generator], Longs]  # the classes predicted for `test`


def cross_validation(classes: Longs, seed: int) -> list[Split]:
    """Ten splits, so that each example is tested once; a class has about the same share of all parts."""
    rng = np.random.default_rng(seed)
    part = parts(classes, FOLDS, rng)
    splits = []
    for fold in range(FOLDS):
        train, test = np.flatnonzero(part != fold), np.flatnonzero(part == fold)
        if len(train) and len(test):
            splits.append(Split(train, train[:0], test))
    return splits


def frozen(vectors: Floats, classes: Longs) -> Learn:
    """Learning from the vectors as they are."""

    def learn(split: Split, rng: np.random.Generator) -> Longs:
        scaled, known = Scale(vectors[split.train]), classes[split.train]
        dev = np.flatnonzero(np.isin(split.train, split.dev)) if len(split.dev) else held_out(known, rng)
        classifier = learned(scaled(vectors[split.train]), known, dev)
        return classifier.predict(scaled(vectors[split.test]))

    return learn


def few_shot(vectors: Rows, classes: Longs, shots: int) -> Learn:
    """Learning from at most `shots` random examples of each class, with C = 1."""

    def learn(split: Split, rng: np.random.Generator) -> Longs:
        order = rng.permutation(split.train)
        chosen = np.concatenate([order[classes[order] == one][:shots] for one in np.unique(classes[order])])
        scaled = Scale(vectors[chosen])
        return fitted(scaled(vectors[chosen]), classes[chosen], 1.0).predict(scaled(vectors[split.test]))

    return learn


def predicted(
    splits: Sequence[Split],
    learn: Learn,
    seed: int,
    workers: int | None = None,
    tell: Callable[[float], object] = lambda share: None,
) -> Longs:
    """The classes predicted for the tested examples of all splits, one after another; the same for any `workers`.

    `tell` is called with the share of the work that was done.
    """

    def work(number: int) -> Longs:
        return learn(splits[number], np.random.default_rng([seed, number]))

    cores, results = workers or usable_cores(), []
    with one_thread(), thread_pool(cores) as pool:
        for some in in_order(pool, work, range(len(splits)), 2 * cores):
            results.append(some)
            tell(1 / len(splits))
    return np.concatenate(results)
