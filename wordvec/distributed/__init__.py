"""Work on many machines: encoding and counting over any executor, and a store that all workers can reach."""

from wordvec.distributed.corpus import DistributedCorpus, Share, encode_corpus
from wordvec.distributed.counting import count
from wordvec.distributed.store import FolderStore, Lost, Store

__all__ = ["DistributedCorpus", "FolderStore", "Lost", "Share", "Store", "count", "encode_corpus"]
