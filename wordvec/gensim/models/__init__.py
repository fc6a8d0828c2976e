"""gensim.models: Word2Vec, FastText, Doc2Vec and KeyedVectors over wordvec."""

from __future__ import annotations

from wordvec.gensim.models import callbacks, doc2vec, fasttext, keyedvectors, phrases, poincare, word2vec
from wordvec.gensim.models.doc2vec import Doc2Vec
from wordvec.gensim.models.fasttext import FastText
from wordvec.gensim.models.keyedvectors import KeyedVectors
from wordvec.gensim.models.phrases import Phrases
from wordvec.gensim.models.word2vec import Word2Vec

__all__ = [
    "Doc2Vec",
    "FastText",
    "KeyedVectors",
    "Phrases",
    "Word2Vec",
    "callbacks",
    "doc2vec",
    "fasttext",
    "keyedvectors",
    "phrases",
    "poincare",
    "word2vec",
]
