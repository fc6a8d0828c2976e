"""Stores that lose things, or end the process that uses them, for the tests of wordvec.distributed."""

import os
from collections import Counter
from threading import Lock

from wordvec.distributed import FolderStore

_ONE_AT_A_TIME = Lock()  # of this module: stores are pickled


class Forgetful(FolderStore):
    """A store that loses some names once: what a worker that ends takes with it."""

    def __init__(self, path, lost):
        super().__init__(path)
        self.left, self.times = list(lost), Counter()

    def read(self, name, array, start=0, stop=None):
        with _ONE_AT_A_TIME:
            for part in [part for part in self.left if name.endswith(part)]:
                self.left.remove(part)
                self.drop(name)
        return super().read(name, array, start, stop)

    def put(self, name, arrays):
        with _ONE_AT_A_TIME:
            self.times[name.partition("/")[2]] += 1
        super().put(name, arrays)


class Deadly(FolderStore):
    """A store that ends the process which puts the words of a part into it, as a kill does."""

    def put(self, name, arrays):
        if "counted" in name:
            os._exit(9)
        super().put(name, arrays)
