"""Work on many machines: encoding and counting over any executor, training on a Dask cluster."""

from wordvec.distributed.cluster import Cluster, open_cluster
from wordvec.distributed.corpus import DistributedCorpus, Share, encode_corpus
from wordvec.distributed.counting import count
from wordvec.distributed.peers import PeerStore
from wordvec.distributed.store import FolderStore, Lost, Store
from wordvec.distributed.training import fit, train

__all__ = [
    "Cluster",
    "DistributedCorpus",
    "FolderStore",
    "Lost",
    "PeerStore",
    "Share",
    "Store",
    "count",
    "encode_corpus",
    "fit",
    "open_cluster",
    "train",
]
