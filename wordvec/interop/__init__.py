"""Vectors to other libraries and from them; each library is imported when it is needed."""

from __future__ import annotations

from wordvec.interop.contextual import from_contextual
from wordvec.interop.distillation import distill
from wordvec.interop.folders import Projection, to_projector, to_sentence_transformers
from wordvec.interop.gensim import from_gensim, to_gensim
from wordvec.interop.language_models import Initialised, init_subword_embeddings
from wordvec.interop.rows import token_rows
from wordvec.interop.spacy import to_spacy
from wordvec.interop.tables import from_arrow, from_pandas, to_arrow, to_pandas
from wordvec.interop.torch import TorchVectors, to_numpy, to_torch
from wordvec.interop.vectorizer import WordVectorizer

__all__ = [
    "Initialised",
    "Projection",
    "TorchVectors",
    "WordVectorizer",
    "distill",
    "from_arrow",
    "from_contextual",
    "from_gensim",
    "from_pandas",
    "init_subword_embeddings",
    "to_arrow",
    "to_gensim",
    "to_numpy",
    "to_pandas",
    "to_projector",
    "to_sentence_transformers",
    "to_spacy",
    "to_torch",
    "token_rows",
]
