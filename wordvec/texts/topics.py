"""Topics of documents by keywords, after Lbl2Vec (Schopf, Braun and Matthes 2021)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.base.logs import warn
from wordvec.base.options import takes_options
from wordvec.corpus.checks import wrong_tokens
from wordvec.search.arrays import unit_rows
from wordvec.texts.options import TopicOptions
from wordvec.trainers.paragraphs import Documents, ParagraphVectors
from wordvec.vectors import KeyedVectors
from wordvec.vectors.text_rows import checked_tokens

Floats = NDArray[np.float32]


@takes_options(TopicOptions)
class Topics:
    """Classification of documents by topics, each a set of keywords (after Lbl2Vec: Schopf, Braun and Matthes 2021).

    The vector of a topic is the mean of the vectors of the documents nearest to the mean of its keywords: at most
    `num_docs` of them, with a cosine of `threshold` or more, and at least one. Words and documents must be in one
    space, as `PVDBOW(dbow_words=True)` and `PVDM` train them.

    >>> from wordvec import PVDBOW
    >>> from wordvec.texts import Topics
    >>> texts = ["the match the team won", "the song of a violin"] * 50
    >>> model = PVDBOW(vector_size=16, min_count=1, dbow_words=True, sample=0.0, workers=1).fit(texts)
    >>> topics = Topics(model, {"sport": ["match", "team"], "music": ["song", "violin"]}, num_docs=20)
    >>> topics.classify(texts[:2])
    ['sport', 'music']
    """

    def __init__(
        self,
        model: Documents,
        keywords: Mapping[str, Sequence[str]],
        **options: Any,
    ) -> None:
        chosen = TopicOptions(**options)
        if not hasattr(model, "trainer"):
            raise OptionError(f"model must be Documents, as PVDM().fit(texts) makes them; got {model!r:.60}")
        if isinstance(model.trainer, ParagraphVectors) and not model.trainer.trains_words:
            raise OptionError("words must be trained for topics: use PVDBOW(dbow_words=True) or PVDM")
        if not isinstance(keywords, Mapping) or not keywords:
            raise OptionError(f"keywords must name topics, a dict of lists of words; got {keywords!r:.60}")
        self.model, self.names = model, list(keywords)
        units = unit_rows(model.documents.vectors)
        vectors = []
        for name, words in keywords.items():
            known = self._known(name, words)
            centre = unit_rows(np.mean([model.words[word] for word in known], axis=0, keepdims=True))[0]
            cosines = units @ centre
            nearest = np.argsort(-cosines, kind="stable")[: chosen.num_docs]
            similar = nearest[cosines[nearest] >= chosen.threshold]
            vectors.append(np.asarray(model.documents.vectors)[similar if len(similar) else nearest[:1]].mean(axis=0))
        self.vectors = KeyedVectors(self.names, np.array(vectors, np.float32))

    def _known(self, name: str, words: Sequence[str]) -> list[str]:
        """The keywords with a vector; OptionError where there are none, a warning where some have none."""
        if problem := wrong_tokens(words):
            raise OptionError(f"keywords of topic {name!r} must be a list, such as ['match', 'team']; got {problem}")
        words = list(words)
        checked_tokens(words, "keyword")
        known = [word for word in words if word in self.model.words]
        if not known:
            raise OptionError(f"topic {name!r} must have a keyword with a vector; none of {words} has one")
        if len(known) < len(words):
            unknown = [word for word in words if word not in self.model.words]
            warn(f"topic {name!r} goes by {len(known)} of its {len(words)} keywords; without a vector: {unknown}")
        return known

    def scores(self, texts: Iterable[Any] | None = None) -> Floats:
        """[n, topics] cosines of topics with texts, or with the documents of the model; 0 without known words."""
        vectors = self.model.documents.vectors if texts is None else self.model.encode(texts)
        scores: Floats = (unit_rows(vectors) @ unit_rows(self.vectors.vectors).T).astype(np.float32)
        return scores

    def classify(self, texts: Iterable[Any] | None = None) -> list[str | None]:
        """The nearest topic of each text, or of each document of the model; None for a text without known words."""
        scores = self.scores(texts)
        return [self.names[row.argmax()] if row.any() else None for row in scores]
