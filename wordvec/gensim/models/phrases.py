"""gensim.models.phrases, which wordvec does not have yet."""

from __future__ import annotations

from typing import Any

from wordvec.gensim.errors import NotDone

ENGLISH_CONNECTOR_WORDS = frozenset("a an the for of with without at from to in on by and or".split())


class Phrases:
    """Words that often stand together as one word: not there yet."""

    def __init__(self, *args: Any, **options: Any) -> None:
        raise NotDone(
            "wordvec finds no phrases yet: join them with gensim.models.phrases or another tool, and give the joined "
            "token lists to the models of wordvec.gensim"
        )


class Phraser(Phrases):
    """The same."""


FrozenPhrases = Phraser
