"""Stores that lose things, or end the process that uses them, for the tests of wordvec.distributed."""

import os
from collections import Counter
from contextlib import suppress

from wordvec.distributed import FolderStore


class Forgetful(FolderStore):
    """A store that loses some names once: what a worker that ends takes with it."""

    def __init__(self, path, lost):
        super().__init__(path)
        self.left, self.times = list(lost), Counter()

    def read(self, name, array, start=0, stop=None):
        for part in list(self.left):
            if name.endswith(part):
                with suppress(ValueError):  # another thread was first
                    self.left.remove(part)
                    self.drop(name)
        return super().read(name, array, start, stop)

    def put(self, name, arrays):
        self.times[name.partition("/")[2]] += 1
        super().put(name, arrays)


class Deadly(FolderStore):
    """A store that ends the process which puts the words of a part into it, as a kill does."""

    def put(self, name, arrays):
        if "counted" in name:
            os._exit(9)
        super().put(name, arrays)
