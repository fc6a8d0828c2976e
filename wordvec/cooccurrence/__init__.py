"""How often words occur near each other: counted in parallel and out of core, exact, one CSR matrix for every model."""

from wordvec.cooccurrence.counter import count
from wordvec.cooccurrence.counts import Cooccurrence
from wordvec.cooccurrence.options import Counting
from wordvec.cooccurrence.pmi import PPMI

__all__ = ["PPMI", "Cooccurrence", "Counting", "count"]
