"""Encoding of a corpus, once: from any text to token ids, sentence offsets and a vocabulary."""

from wordvec.corpus.combine import merged_vocabulary
from wordvec.corpus.encode import encode_corpus
from wordvec.corpus.encoded import CorpusStats, EncodedCorpus
from wordvec.corpus.pieces import Pieces

__all__ = ["CorpusStats", "EncodedCorpus", "Pieces", "encode_corpus", "merged_vocabulary"]
