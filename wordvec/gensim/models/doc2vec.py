"""gensim.models.doc2vec: Doc2Vec with tags, over the paragraph vectors of wordvec."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.corpus import EncodedCorpus
from wordvec.formats import save as write
from wordvec.gensim import reading, saving, utils
from wordvec.gensim.errors import NoCorpus, NotReady, NoWords, refuse
from wordvec.gensim.models.keyedvectors import KeyedVectors, TagVectors
from wordvec.gensim.models.word2vec import MAX_WORDS_IN_BATCH
from wordvec.gensim.training import Model
from wordvec.optim.descent import aligned_matrix
from wordvec.search.arrays import unit
from wordvec.trainers import PVDBOW, PVDM, Documents
from wordvec.trainers.output_matrices import aligned
from wordvec.trainers.word2vec import Inputs, PredictiveTrainer
from wordvec.vocabulary import Vocabulary, packed

_OPTIONS = (  # that a model keeps
    *("vector_size", "dm", "dbow_words", "comment", "window", "epochs", "shrink_windows", "alpha", "min_alpha"),
    *("min_count", "max_vocab_size", "max_final_vocab", "sample", "seed", "workers", "hs", "negative", "ns_exponent"),
    *("sorted_vocab", "compute_loss"),
)


class TaggedDocument(NamedTuple):
    """The words of a document, and its tags: text, or integers from 0."""

    words: Sequence[str]
    tags: Sequence[Any]


class TaggedLineDocument:
    """The lines of a text file as documents, tagged by line number."""

    def __init__(self, source: Any) -> None:
        self.source = source

    def __iter__(self) -> Iterator[TaggedDocument]:
        for number, line in enumerate(utils.open_lines(self.source)):
            yield TaggedDocument(line.decode("utf-8", "surrogateescape").split(), [number])


class _Tagged:
    """Documents as a corpus, and the tags of each."""

    def __init__(self, corpus: EncodedCorpus, tags: list[list[Any]]) -> None:
        self.corpus, self.tags, self.stats = corpus, tags, corpus.stats

    def __len__(self) -> int:
        return len(self.tags)


class Doc2Vec(Model):
    """gensim's Doc2Vec: vectors of documents by their tags are `model.dv`, those of words `model.wv`.

    dm=1 is PV-DM with the mean of a document and its window, dm=0 is PV-DBOW. A document may have one tag of its own,
    or one that it shares; with dm=0 and dbow_words=0 also several. NotDone for dm_concat=1, dm_mean=0, several tags
    otherwise, and what `Word2Vec` refuses. Integers are tags from 0 to the largest, which all have rows.

    >>> documents = [TaggedDocument(["red", "green"], [i]) for i in range(20)]
    >>> model = Doc2Vec(documents, vector_size=8, min_count=1, epochs=2, workers=1)
    >>> model.dv[3].shape, model.infer_vector(["red"]).shape
    ((8,), (8,))
    """

    loadable = (
        *("vector_size", "alpha", "window", "min_count", "sample", "seed", "workers", "min_alpha"),
        *("dm", "hs", "negative", "ns_exponent", "epochs", "dbow_words"),
    )
    dm: int
    dbow_words: int
    sg = 0

    def __init__(
        self,
        documents: Any = None,
        corpus_file: Any = None,
        vector_size: int = 100,
        dm_mean: int | None = None,
        dm: int = 1,
        dbow_words: int = 0,
        dm_concat: int = 0,
        dm_tag_count: int = 1,
        dv: Any = None,
        dv_mapfile: Any = None,
        comment: str | None = None,
        trim_rule: Any = None,
        callbacks: Any = (),
        window: int = 5,
        epochs: int = 10,
        shrink_windows: bool = True,
        *,
        alpha: float = 0.025,
        min_alpha: float = 0.0001,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        max_final_vocab: int | None = None,
        sample: float = 1e-3,
        seed: int = 1,
        workers: int = 3,
        hs: int = 0,
        negative: int = 5,
        ns_exponent: float = 0.75,
        hashfxn: Any = hash,
        sorted_vocab: int = 1,
        batch_words: int = MAX_WORDS_IN_BATCH,
        null_word: int = 0,
        compute_loss: bool = False,
    ) -> None:
        given = locals()
        refuse(
            dm_concat=(int(dm_concat), 0, "the words of a window are not joined; their mean is taken"),
            dm_mean=(1 if dm_mean is None or not dm else int(dm_mean), 1, "the mean of a window is taken, not the sum"),
            dv_mapfile=(dv_mapfile, None, "the vectors of documents are kept in memory"),
            dv=(dv, None, "vectors of documents start at random"),
        )
        self.tags: list[Any] = []
        self._doc_rows: Any = aligned_matrix(0, vector_size)
        self._take(**{name: given[name] for name in _OPTIONS})
        self.dv = TagVectors(vector_size)
        self._begin(documents, corpus_file, trim_rule, callbacks)

    @property
    def dbow(self) -> bool:
        """Whether the model is PV-DBOW."""
        return not self.dm

    def _check(self) -> None:
        self.dm, self.dbow_words = int(bool(self.dm)), int(bool(self.dbow_words))
        self.sg = 1 - self.dm
        super()._check()

    def _trainer(self, **changed: Any) -> Any:
        if self.dm:
            return PVDM(**self._shared(**changed))
        return PVDBOW(dbow_words=bool(self.dbow_words), **self._shared(**changed))

    # Documents

    def _read(self, sentences: Any, corpus_file: Any) -> Any:
        reading.check_corpus(sentences, corpus_file)
        given = TaggedLineDocument(corpus_file) if sentences is None else sentences
        tags: list[list[Any]] = []

        def words() -> Iterator[Any]:
            for number, document in enumerate(given):
                if not hasattr(document, "words") or not hasattr(document, "tags"):
                    raise NoCorpus(
                        f"documents must be TaggedDocument(words, tags); number {number} is a {type(document).__name__}"
                    )
                own = [document.tags] if isinstance(document.tags, (str, int, np.integer)) else list(document.tags)
                tags.append(own)
                yield document.words

        return _Tagged(reading.read_documents(words(), self.workers), tags)

    def _scan(self, corpus: Any, rule: Any) -> tuple[int, int]:
        found = super()._scan(corpus.corpus, rule)
        self.corpus_count = len(corpus)
        return found[0], self.corpus_count

    def _build(self, corpus: Any, update: bool, rule: Any) -> None:
        refuse(update=(bool(update), False, "a Doc2Vec is built once, as its documents are known by then"))
        self._check_tags(corpus.tags)
        super()._build(corpus, update, rule)
        counts, sizes = dict[Any, int](), dict[Any, int]()
        lengths = np.diff(corpus.corpus.offsets).tolist()
        for own, length in zip(corpus.tags, lengths):
            for tag in own:
                counts[tag], sizes[tag] = counts.get(tag, 0) + 1, sizes.get(tag, 0) + length
        numbers = [int(tag) for tag in counts if isinstance(tag, (int, np.integer))]
        self.tags = [*range(max(numbers, default=-1) + 1), *(tag for tag in counts if isinstance(tag, str))]
        attributes = {"doc_count": counts, "word_count": sizes}
        self._attributes = {
            name: np.array([values.get(tag, 0) for tag in self.tags], np.int64) for name, values in attributes.items()
        }
        self._doc_rows = self._trainer()._random(len(self.tags), stream=(1,))
        self._renew_tags()

    def _check_tags(self, tags: list[list[Any]]) -> None:
        """NotDone for tags that the model cannot train, before any work."""
        if self.dm or self.dbow_words:
            reading.one_tag(tags, "with dm=1 or dbow_words=1; only dm=0 takes several")
        for own in tags:
            wrong = [tag for tag in own if not isinstance(tag, (str, int, np.integer)) or isinstance(tag, bool)]
            if wrong or any(not isinstance(tag, str) and tag < 0 for tag in own):
                raise NoCorpus(f"tags must be text or integers from 0; got {(wrong or own)[0]!r}")
        kinds = {isinstance(tag, str) for own in tags for tag in own}
        refuse(tags=(len(kinds) > 1, False, "they must be all text or all integers: write integers as text"))

    def _renew_tags(self) -> None:
        self.dv = TagVectors.tagged(self.tags, self._doc_rows, self._attributes)

    def _numbered(self, corpus: Any) -> EncodedCorpus:
        places = {tag: row for row, tag in enumerate(self.tags)}
        self._check_tags(corpus.tags)
        rows, sentences = [], []
        for number, own in enumerate(corpus.tags):
            for tag in own:
                if tag in places:
                    rows.append(places[tag])
                    sentences.append(number)
        found = reading.renumbered(corpus.corpus, self.wv.vocabulary, keep_empty=True)
        if not len(found.ids) or not rows:
            raise NoWords("documents must have words and tags that are known to train on; they have none")
        self._rows = np.array(rows, np.int32)
        if sentences != list(range(len(found))):
            found = reading.repeated(found, np.array(sentences, np.int64))
        found.check()
        return found

    def _inputs_of(self, trainer: PredictiveTrainer, corpus: EncodedCorpus) -> Inputs:
        inputs = super()._inputs_of(trainer, corpus)
        self._doc_rows = aligned(self._doc_rows)
        told = trainer._documents(self._doc_rows)  # type: ignore[attr-defined]
        inputs.arguments.update({**told, "documents": self._rows})
        return inputs

    def _renew(self, vectors: Any, locked: Any, last: bool = False) -> None:
        super()._renew(vectors, locked, last)
        self._renew_tags()

    # What was learned

    def infer_vector(
        self,
        doc_words: Sequence[str],
        alpha: float | None = None,
        min_alpha: float | None = None,
        epochs: int | None = None,
    ) -> NDArray[np.float32]:
        """Infer the vector [D] of a new document, the same every time; the model is frozen."""
        if isinstance(doc_words, str):
            raise NoCorpus(f"doc_words must be a list of words; got the str {doc_words[:40]!r}: split it")
        output = self._outputs.negative if self._outputs.negative is not None else self._outputs.tree
        if output is None:
            raise NotReady("a model must have been trained to infer vectors; this one was not")
        changed = {"alpha": alpha or self.alpha, "min_alpha": min_alpha or self.min_alpha}
        trainer = self._trainer(**changed, hs=self._outputs.negative is None)
        made = Documents(self.wv, self.dv, trainer, output).encode([list(doc_words)], epochs or self.epochs)
        row: NDArray[np.float32] = made[0]
        return row

    def similarity_unseen_docs(
        self,
        doc_words1: Sequence[str],
        doc_words2: Sequence[str],
        alpha: float | None = None,
        min_alpha: float | None = None,
        epochs: int | None = None,
    ) -> float:
        """The cosine of the inferred vectors of two documents."""
        rows = [unit(self.infer_vector(words, alpha, min_alpha, epochs)) for words in (doc_words1, doc_words2)]
        return float(rows[0] @ rows[1])

    def __getitem__(self, tag: Any) -> Any:
        """The vector of a document."""
        return self.dv[tag]

    def __contains__(self, tag: object) -> bool:
        return tag in self.dv

    def save_word2vec_format(
        self,
        fname: str | os.PathLike[str],
        doctag_vec: bool = False,
        word_vec: bool = True,
        prefix: str = "*dt_",
        fvocab: str | os.PathLike[str] | None = None,
        binary: bool = False,
    ) -> None:
        """Write the vectors of words, of documents with `prefix` before their tags, or of both, as a word2vec file."""
        words, rows = [], []
        if doctag_vec:
            words += [f"{prefix}{tag}" for tag in self.tags]
            rows.append(np.asarray(self.dv.vectors))
        if word_vec:
            words += list(self.wv.vocabulary)
            rows.append(np.asarray(self.wv.vectors))
        if not rows:
            raise NotReady("doctag_vec or word_vec must be True, so that there is something to write; both are False")
        if fvocab is not None and word_vec:
            self.wv.save_word2vec_format(fname, fvocab, binary)
        write(KeyedVectors(words, np.concatenate(rows)), fname, "word2vec-binary" if binary else "word2vec-text")

    @classmethod
    def load(cls, fname: str | os.PathLike[str], mmap: str | None = None, **unused: Any) -> Any:
        """Open a model of `save` or of gensim's Doc2Vec, any version; NoModel where the file holds something else."""
        return saving.load(cls, fname)

    def init_sims(self, replace: bool = False) -> None:
        """As of the vectors: `model.dv.init_sims`."""
        self.dv.init_sims(replace)

    # Files

    def _more(self) -> dict[str, Any]:
        texts = [tag for tag in self.tags if isinstance(tag, str)]
        data, offsets = packed(texts)
        rows = np.ascontiguousarray(self._doc_rows)
        attributes = {f"gensim.dv.{name}": values for name, values in self._attributes.items()} if self.tags else {}
        return {"gensim.dv": rows, "gensim.tags": data, "gensim.tags.offsets": offsets, **attributes}

    def _take_more(self, tensors: Mapping[str, Any]) -> None:
        try:
            rows, texts = tensors["gensim.dv"], Vocabulary(tensors["gensim.tags"], tensors["gensim.tags.offsets"])
            if rows.ndim != 2 or rows.shape[1] != self.vector_size or len(rows) < len(texts):
                raise FormatError(f"their shape is {rows.shape}")
            texts.check_offsets()
            self._take_documents([*range(len(rows) - len(texts)), *texts], rows)
            names = [name for name in ("doc_count", "word_count") if f"gensim.dv.{name}" in tensors]
            self._attributes = {name: np.array(tensors[f"gensim.dv.{name}"]) for name in names}
            self._renew_tags()
        except (KeyError, ValueError) as error:
            raise FormatError(f"the vectors of documents of the model are damaged: {error}") from None

    def _take_tags(self, part: Any) -> None:
        if part is not None:
            rows = part.vectors()
            self._take_documents(list(part.keys), rows.vectors)
            self._attributes = dict(rows._attributes)
            self._renew_tags()

    def _take_documents(self, tags: list[Any], rows: Any) -> None:
        """Documents as they are in a file."""
        self.tags, self._attributes = tags, {}
        self._doc_rows = aligned_matrix(len(tags), self.vector_size)
        self._doc_rows[:] = rows
