"""A store that loses what it is told to, for the tests of wordvec.distributed."""

from collections import Counter

from wordvec.distributed import FolderStore


class Forgetful(FolderStore):
    """A store that loses some names once: what a worker that ends takes with it."""

    def __init__(self, path, lost):
        super().__init__(path)
        self.left, self.times = list(lost), Counter()

    def read(self, name, array, start=0, stop=None):
        for part in list(self.left):
            if name.endswith(part):
                self.left.remove(part)
                self.drop(name)
        return super().read(name, array, start, stop)

    def put(self, name, arrays):
        self.times[name.partition("/")[2]] += 1
        super().put(name, arrays)
