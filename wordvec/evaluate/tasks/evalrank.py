"""EvalRank: the rank of a similar word among background words (Wang, Kuo and Li 2022)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wordvec.evaluate.files import lines
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.ranks import nearer
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tasks.base import Dataset, Place, Task, dataset, numbered

_PAIRS, _BACKGROUND = "*pairs*.txt", "*vocab*.txt"
_DERIVED, _TOP = "top-quarter-of-pairs", 0.75


class EvalRank(Task):
    """A folder with `positive_pairs.txt` and lists of background words, `basic_vocab.txt` and `wiki_vocab.txt`."""

    name = "evalrank"
    suites = ("core",)
    does = "rank of a similar word among background words"
    fast = False

    def recognise(self, place: Place) -> bool:
        """A folder with such files: two words a line, and one word a line."""
        return place.is_folder and all(any(place.path.glob(pattern)) for pattern in (_PAIRS, _BACKGROUND))

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The pairs, and all background words: those of the lists and of the pairs."""
        folder = Path(path)
        split = [line.split() for file in sorted(folder.glob(_PAIRS)) for line in lines(file)]
        pairs = [(parts[0], parts[1]) for parts in split if len(parts) == 2]
        unreadable = [" ".join(parts) for parts in split if len(parts) != 2]
        listed = {line.strip() for file in folder.glob(_BACKGROUND) for line in lines(file)}
        background = sorted(listed | {word for pair in pairs for word in pair})
        wanted = "a line of pairs must hold two words"
        return dataset(self.name, path, pairs, unreadable, wanted, background=background)

    def derived(self, sets: Sequence[Dataset]) -> Dataset | None:
        """The top quarter by rating of each set of rated pairs, both ways, among the words of all of them."""
        rated = [some.items for some in sets if some.task == "similarity"]
        pairs: set[tuple[str, str]] = set()
        for items in rated:
            least = np.quantile([rating for _, _, rating in items], _TOP)
            best = [(one, other) for one, other, rating in items if rating >= least and one != other]
            pairs.update(best, [(other, one) for one, other in best])
        background = sorted({word for items in rated for item in items for word in item[:2]})
        return Dataset(self.name, _DERIVED, tuple(sorted(pairs)), more={"background": background}) if pairs else None

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """MRR, Hits@1 and Hits@3. A rank is the number of background words above the pair's word, at least 1."""
        pairs: list[tuple[str, str]] = words.policy.counted(dataset.items)
        first = words.numbers(one for one, _ in pairs)
        second = words.numbers(other for _, other in pairs)
        background = words.numbers(dataset.more["background"])
        # Words with the same vector, such as the mean for all unknown ones, are ranked once, and count as often.
        numbers, counts = np.unique(background[background >= 0], return_counts=True)
        used = np.flatnonzero((first >= 0) & (second >= 0))
        asked, of = np.unique(first[used], return_inverse=True)
        ranks = np.maximum(1, nearer(words, words.units(asked), of, second[used], numbers, counts, workers))
        known = int((words.is_known(first) & words.is_known(second)).sum())
        groups = numbered(one for one, _ in pairs)[used]
        return [
            of_items(measure, "mean", len(pairs), used, values, groups=groups, known=known, headline=measure == "mrr")
            for measure, values in (("mrr", 1 / ranks), ("hits@1", ranks <= 1), ("hits@3", ranks <= 3))
        ]
