"""Work on many machines: encoding and counting over any executor, and a store that all workers can reach."""

from wordvec.distributed.store import FolderStore, Lost, Store

__all__ = ["FolderStore", "Lost", "Store"]
