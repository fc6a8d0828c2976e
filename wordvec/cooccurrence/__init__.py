"""Co-occurrence counts: exact, counted in parallel and out of core, as one CSR matrix for every model."""

from wordvec.cooccurrence.counter import count
from wordvec.cooccurrence.counts import Cooccurrence
from wordvec.cooccurrence.options import Counting
from wordvec.cooccurrence.pmi import PPMI

__all__ = ["PPMI", "Cooccurrence", "Counting", "count"]
