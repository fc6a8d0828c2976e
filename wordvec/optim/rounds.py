"""Synchronous local descent: which replica trains which chunks of a corpus in which round, and by which rates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.optim.averaging import Averaging, rest_of
from wordvec.optim.descent import schedule
from wordvec.optim.epochs import Runs


@dataclass(frozen=True, eq=False)
class Rounds:
    """The schedule of a descent in which R replicas train their own chunks, and are averaged after every round.

    Replica r has a share of its own, chunks shares[r] to shares[r + 1], the same in every epoch. An epoch has `count`
    rounds; in each, every replica trains the next part of its share. All of it follows from the corpus, the options and
    R, not from what runs where.

    >>> import numpy as np
    >>> rounds = Rounds.make(np.arange(0, 90, 10), replicas=2, sync=20, epochs=1, alpha=0.1, min_alpha=0.0, seed=1)
    >>> rounds.count, [rounds.part(replica, 1) for replica in (0, 1)]
    (2, [slice(2, 4, None), slice(6, 8, None)])
    """

    tokens: NDArray[np.int64]  # [C + 1] tokens before each chunk
    replicas: int
    epochs: int
    alpha: float
    min_alpha: float
    seed: int
    shuffle: bool  # whether a replica trains the sentences of its share in random order
    shares: NDArray[np.int64]  # [R + 1] the first chunk of each replica
    marks: NDArray[np.int64]  # [R, count + 1] the first chunk of each replica in each round
    rest: float  # what the learning rates leave of R to the averaging of rare rows

    @classmethod
    def make(
        cls,
        tokens: NDArray[np.int64],
        *,
        replicas: int,
        sync: int,
        epochs: int,
        alpha: float,
        min_alpha: float,
        seed: int,
        shuffle: bool = False,
        rest: float | None = None,
    ) -> Rounds:
        """Shares of about equal tokens; `sync` is the number of tokens that each replica trains in a round, about.

        Several replicas always shuffle.
        OptionError where the corpus has fewer chunks than there are replicas.
        """
        chunks, total = len(tokens) - 1, int(tokens[-1])
        if chunks < replicas:
            raise OptionError(
                f"replicas must be at most {chunks} for this corpus, which has {chunks} chunks of about 10,000 tokens; "
                f"got {replicas}"
            )
        shares = _cut(tokens, 0, chunks, replicas)
        count = max(1, round(total / replicas / sync))
        count = min(count, int(np.diff(shares).max()))  # a chunk is trained in one round
        marks = [_cut(tokens, int(first), int(last), count) for first, last in pairwise(shares)]
        shuffle = shuffle or replicas > 1
        rest = rest or rest_of(replicas)
        return cls(tokens, replicas, epochs, alpha, min_alpha, seed, shuffle, shares, np.stack(marks), rest)

    @property
    def count(self) -> int:
        """The rounds of an epoch."""
        return int(self.marks.shape[1]) - 1

    @property
    def size(self) -> float:
        """The tokens that a replica trains in a round, on average."""
        return int(self.tokens[-1]) / self.replicas / self.count

    def averaging(self, rates: NDArray[np.float64]) -> Averaging:
        """How a table is averaged, of whose rows these are the expected updates for each token."""
        return Averaging.make(rates, replicas=self.replicas, size=self.size, rest=self.rest)

    def part(self, replica: int, round: int) -> slice:
        """The chunks that a replica trains in a round; where it has fewer chunks than rounds, it may be empty."""
        first, last = self.marks[replica, round : round + 2]
        return slice(int(first), int(last))

    def order(self, replica: int) -> tuple[int, ...] | None:
        """The seed of the order in which a replica trains its sentences; None: as they stand."""
        return (self.seed, replica, 2) if self.shuffle else None

    def runs(self, epoch: int) -> Runs:
        """The arrays of an epoch, for all chunks: random streams by (seed, epoch, chunk), rates by a share's progress.

        With one replica these are the arrays of a descent without replicas.
        """
        whole = self._schedule(0, len(self.tokens) - 1, epoch)
        for first, last in pairwise(self.shares):
            whole.alphas[first:last] = self._schedule(int(first), int(last), epoch).alphas
        return whole

    def rate(self, epoch: int, round: int) -> float:
        """The learning rate in the middle of a round."""
        done = (epoch + (round + 0.5) / self.count) / self.epochs
        return self.alpha - (self.alpha - min(self.alpha, self.min_alpha)) * done

    def _schedule(self, first: int, last: int, epoch: int) -> Runs:
        before = self.tokens[first:last] - self.tokens[first]
        total = int(self.tokens[last] - self.tokens[first])
        rates = {"alpha": self.alpha, "min_alpha": self.min_alpha}
        return schedule(before, total, epoch=epoch, epochs=self.epochs, seed=self.seed, **rates)


def _cut(tokens: NDArray[np.int64], first: int, last: int, parts: int) -> NDArray[np.int64]:
    """[parts + 1] boundaries of about equal tokens from chunk `first` to `last`; no part is empty if chunks suffice."""
    whole = int(tokens[last] - tokens[first])
    marks = tokens[first] + whole * np.arange(1, parts) // parts
    next_ = np.searchsorted(tokens[first : last + 1], marks) + first
    nearer = marks - tokens[np.maximum(next_ - 1, first)] < tokens[next_] - marks
    cuts: NDArray[np.int64] = np.concatenate([[first], next_ - nearer, [last]])
    if last - first >= parts:
        steps = np.arange(parts + 1)
        cuts = np.maximum.accumulate(cuts - steps) + steps  # each part has a chunk at the least: from the left,
        cuts = np.minimum(cuts, last - steps[::-1])  # and from the right
    return cuts
