"""gensim's class names and arguments over wordvec: a notebook changes its import, `import wordvec.gensim as gensim`.

>>> from wordvec.gensim import Word2Vec
>>> model = Word2Vec([["red", "green", "blue"], ["one", "two"]] * 20, vector_size=8, min_count=1, workers=1)
>>> model.wv["red"].shape, model.wv.most_similar("one", topn=1)[0][0] in model.wv
((8,), True)
"""

from __future__ import annotations

from wordvec.gensim import downloader, models, utils
from wordvec.gensim.models import Doc2Vec, FastText, KeyedVectors, Phrases, Word2Vec
from wordvec.gensim.models.callbacks import CallbackAny2Vec
from wordvec.gensim.models.doc2vec import TaggedDocument, TaggedLineDocument
from wordvec.gensim.models.fasttext import FastTextKeyedVectors, load_facebook_model, load_facebook_vectors
from wordvec.gensim.models.poincare import PoincareKeyedVectors, PoincareModel, PoincareRelations
from wordvec.gensim.models.word2vec import FAST_VERSION, LineSentence, PathLineSentences, Text8Corpus

__all__ = [
    "FAST_VERSION",
    "CallbackAny2Vec",
    "Doc2Vec",
    "FastText",
    "FastTextKeyedVectors",
    "KeyedVectors",
    "LineSentence",
    "PathLineSentences",
    "Phrases",
    "PoincareKeyedVectors",
    "PoincareModel",
    "PoincareRelations",
    "TaggedDocument",
    "TaggedLineDocument",
    "Text8Corpus",
    "Word2Vec",
    "downloader",
    "load_facebook_model",
    "load_facebook_vectors",
    "models",
    "utils",
]
