"""Text becomes numbers once: any corpus in, token ids, sentence offsets and a vocabulary out."""

from wordvec.corpus.encode import encode_corpus
from wordvec.corpus.encoded import CorpusStats, EncodedCorpus

__all__ = ["CorpusStats", "EncodedCorpus", "encode_corpus"]
