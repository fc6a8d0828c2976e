"""The sentences of a replica's share in random order, so that what stands together in a text is trained apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.optim.rounds import Rounds


def order_of(rounds: Rounds, replica: int, sentences: int) -> NDArray[np.int64] | None:
    """[sentences] the order in which a replica trains the sentences of its share; None for one replica: as they stand.

    A word that is rare in a text is often frequent in one place. Replicas have high learning rates and move it there as
    far as it goes, but in the mean it moves by a small part of that. Apart from each other, its sentences add up.
    """
    if rounds.replicas == 1:
        return None
    return np.random.default_rng([rounds.seed, replica, 2]).permutation(sentences)


def shuffled(
    ids: NDArray[np.int32], offsets: NDArray[np.int64], chunks: NDArray[np.int64], order: NDArray[np.int64] | None
) -> dict[str, Any]:
    """The arguments ids, offsets and chunks of a kernel, for some chunks of a share whose sentences are in an order.

    Sentence i of the share is ids[offsets[i]:offsets[i + 1]]; a chunk has as many sentences as without the order.
    """
    if order is None:
        return {"ids": ids, "offsets": offsets, "chunks": chunks}
    sentences = order[chunks[0] : chunks[-1]]
    starts = offsets[sentences]
    sizes = offsets[sentences + 1] - starts
    ends = np.concatenate([[0], np.cumsum(sizes)])
    places = np.arange(ends[-1]) + np.repeat(starts - ends[:-1], sizes)
    return {"ids": ids[places], "offsets": ends, "chunks": chunks - chunks[0]}
