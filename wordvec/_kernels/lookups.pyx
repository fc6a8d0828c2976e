# cython: binding=False, embedsignature=True, embedsignature.format=clinic
"""The look-ups of words that must take no longer than those of a dict: slots and methods of C, for wordvec.vocabulary."""
cimport cython
from cpython.object cimport PyObject_GetItem
from cpython.sequence cimport PySequence_GetItem

import numpy as np

from wordvec._kernels.words cimport Finder

cdef object ARRAY = np.ndarray


@cython.auto_pickle(False)
cdef class WordRows:
    """What Vocabulary inherits: rows by word.

    `_find(word)` is how rows are found: the row, -1 where a word has none, -2 where the index is damaged, -3 where it is
    no str. `_missing(word, row, default)` and `_unknown(word)` of the subclass say what then becomes of a look-up.
    """
    cdef object caller
    cdef Finder finder  # of which `_find` is a method; or None

    @property
    def _find(self):
        return self.caller

    @_find.setter
    def _find(self, find):
        owner = getattr(find, "__self__", None)
        self.caller, self.finder = find, owner if type(owner) is Finder else None

    cdef Py_ssize_t row(self, word) except? -9:
        return self.caller(word) if self.finder is None else self.finder.row(word)

    cdef bint has(self, word) except -1:
        cdef Py_ssize_t row = self.row(word)
        return row >= 0 or (row == -2 and self._missing(word, row, None) is not None)

    def __contains__(self, word):
        return self.has(word)

    def get(self, word, default=None):
        """The row of a word, or `default` for an unknown word."""
        cdef Py_ssize_t row = self.row(word)
        return row if row >= 0 else self._missing(word, row, default)

    def index(self, word):
        """The row of a word; UnknownWordError, which names close spellings, for an unknown word."""
        cdef Py_ssize_t row = self.row(word)
        if row < 0:
            self._missing(word, row, None)
            self._unknown(word)
        return row


@cython.auto_pickle(False)
cdef class WordVectors:
    """What vectors inherit: look-up by word. The subclass sets all three, and has what is slower: `_item`, `_row_of`."""
    cdef WordRows words
    cdef public object _by_index      # has the vector of word i as item i
    cdef public object _row_of_index  # the row of word i; None: i

    @property
    def _vocabulary(self):
        return self.words

    @_vocabulary.setter
    def _vocabulary(self, WordRows vocabulary not None):
        self.words = vocabulary

    def __contains__(self, word):
        return self.words.has(word)

    def has_index_for(self, key):
        """Whether a word has a row."""
        return self.words.has(key)

    def get_index(self, key, default=None):
        """The row of a word; without a default, UnknownWordError where it has none."""
        cdef Py_ssize_t row = self.words.row(key)
        if row >= 0:
            return row if self._row_of_index is None else self._row_of_index(row)
        return default if default is not None and row == -1 else self._row_of(key)

    def __getitem__(self, key):
        """The vector of a word, [D], or the vectors of a list of words, [n, D]; UnknownWordError for one without."""
        cdef Py_ssize_t row
        if type(key) is str:
            row = self.words.row(key)
            if row >= 0:
                if type(self._by_index) is ARRAY:
                    return PySequence_GetItem(self._by_index, row)
                return PyObject_GetItem(self._by_index, row)
        return self._item(key)
