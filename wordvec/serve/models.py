"""The models of a service: opened by name, and opened again when their files change, all of one or nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from wordvec.base.errors import OptionError, WordvecError
from wordvec.base.logs import LOG
from wordvec.formats import load
from wordvec.serve.settings import Settings
from wordvec.texts.encoder import SAVED, TextEncoder
from wordvec.vectors.files import opened_index

if TYPE_CHECKING:
    from wordvec.align import Aligned, Slices
    from wordvec.classify import TextClassifier
    from wordvec.search.indexes import SearchIndex
    from wordvec.serve.batching import Batcher
    from wordvec.vectors import KeyedVectors

T = TypeVar("T")
CSLS_WORDS = 50_000  # first words of both sides that CSLS knows: it must know the neighbours of all of them
Stamp = tuple[tuple[int, ...], ...]


class UnknownModel(WordvecError, KeyError):
    """There is no model of this name."""

    def __str__(self) -> str:
        return str(self.args[0])


class Model:
    """One opened model: vectors or a classifier. It never changes; a newer file is another `Model`.

    FormatError where the file, or that of the index, is damaged; with `verify` every byte is checked.
    """

    def __init__(self, name: str, path: str, index: str | None, threads: int, verify: bool = False) -> None:
        from wordvec.classify import TextClassifier

        self.name, self.path, self.threads = name, path, threads
        self.stamp = _stamp(path, index)
        self.classifier: TextClassifier | None = None
        self._vectors: KeyedVectors | None = None
        self.index: SearchIndex | None = None
        self.batcher: Batcher | None = None  # of the worker's event loop
        self.maps: dict[Hashable, bytes] = {}  # the last ones, by what they were asked with
        if TextClassifier.is_in(path):
            self.classifier = TextClassifier.load(path)
            self.classifier.options = replace(self.classifier.options, workers=threads)
        else:
            self._vectors = load(path)
            if verify and self._vectors._stored is not None:
                self._vectors.verify()
            if SAVED in self._vectors.metadata:
                self.encoder = TextEncoder.load(path, workers=threads)
        if index is not None:
            self.index = opened_index(index, self.vectors)

    @property
    def vectors(self) -> KeyedVectors:
        """The vectors; OptionError where the model is a classifier."""
        if self._vectors is None:
            raise OptionError(f"the model must be vectors of words; {self.name!r} is a classifier of texts")
        return self._vectors

    @property
    def kind(self) -> str:
        """What the model is, in a word."""
        return "vectors" if self._vectors is not None else "classifier"

    @property
    def is_mapped(self) -> bool:
        """Whether workers share the pages of its file."""
        return self._vectors is None or self._vectors._stored is not None

    @cached_property
    def encoder(self) -> TextEncoder:
        """What makes vectors of texts: the encoder that the file holds, or means."""
        return TextEncoder(self.vectors, workers=self.threads)


class Models:
    """The models of the settings by name. What a request has taken stays whole until it lets go of it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._open = {name: self._opened(name) for name in settings.models}
        self._of_spaces: dict[tuple[Model, ...], Any] = {}
        self._failed: dict[str, Stamp] = {}
        for space in settings.spaces:
            sizes = {self[name].vectors.vector_size for name in space}
            if len(sizes) > 1:
                raise OptionError(f"models of a space must have one vector_size; {', '.join(space)} have {sizes}")

    def _opened(self, name: str, verify: bool = False) -> Model:
        index = self.settings.indexes.get(name)
        return Model(name, self.settings.models[name], index, self.settings.threads, verify)

    def __getitem__(self, name: str) -> Model:
        try:
            return self._open[name]
        except KeyError:
            raise UnknownModel(f"the model must be one of {', '.join(self._open)}; got {name!r:.80}") from None

    def all(self) -> list[Model]:
        """The models, as they are now."""
        return list(self._open.values())

    def reload(self, force: bool = False) -> list[bool]:
        """Open again what has changed, with `force` everything: for each whether that worked.

        The new file is checked to its last byte first; where it is damaged, the model stays as it was, and the log says
        why. A file that failed is tried again when it changes once more.
        """
        done: list[bool] = []
        for name, old in list(self._open.items()):
            stamp = _stamp(old.path, self.settings.indexes.get(name))
            if not force and stamp in (old.stamp, self._failed.get(name)):
                continue
            try:
                self._open[name] = self._opened(name, verify=True)
            except (WordvecError, OSError, ValueError, MemoryError) as error:
                self._failed[name] = stamp
                LOG.error("model %s stays as it was: the new file cannot be used: %s", name, error)
                done.append(False)
            else:
                self._failed.pop(name, None)
                LOG.info("model %s was opened again", name)
                done.append(True)
        self._forget()
        return done

    def space_of(self, name: str) -> tuple[str, ...]:
        """The names of the models that share a space with one, in their order; none where no space was declared."""
        return next((space for space in self.settings.spaces if name in space), ())

    def other(self, source: str, target: str) -> Model:
        """Another model of the space of one; OptionError where there is none of this name."""
        if target not in self.space_of(source) or target == source:
            others = ", ".join(name for name in self.space_of(source) if name != source)
            raise OptionError(
                f"target must be another model of the space of {source!r} ({others or 'it has none'}); "
                f"got {target!r:.80}: the server declares a space by --space NAME,NAME"
            )
        return self[target]

    def pair(self, source: Model, target: Model) -> Aligned:
        """Two models of one space, for translations by CSLS among their first words."""
        from wordvec.align import Aligned

        options: dict[str, Any] = {"workers": source.threads, "restrict_vocab": CSLS_WORDS}
        return self._of((source, target), lambda a, b: Aligned(a.vectors, b.vectors, **options))

    def slices(self, name: str) -> Slices:
        """The slices of the space of a model."""
        from wordvec.align import Slices

        if not (space := self.space_of(name)):
            raise OptionError(f"the model must be one of several slices; {name!r} is none: --space declares them")
        return self._of(
            tuple(map(self.__getitem__, space)), lambda *models: Slices({m.name: m.vectors for m in models})
        )

    def _of(self, models: tuple[Model, ...], make: Callable[..., T]) -> T:
        """What is made of several models, kept until one of them is replaced."""
        made: T | None = self._of_spaces.get(models)
        if made is None:
            made = self._of_spaces[models] = make(*models)
            self._forget()
        return made

    def _forget(self) -> None:
        """Let go of what was made of models that have been replaced, and of their maps."""
        current = set(self._open.values())
        for models in list(self._of_spaces):
            if not current.issuperset(models):
                self._of_spaces.pop(models, None)

    def without_paths(self, text: str) -> str:
        """A text for clients, with names of models in the place of paths."""
        for name, path in (*self.settings.models.items(), *self.settings.indexes.items()):
            for form in (os.path.realpath(path), os.path.abspath(path), path):
                if form in text:
                    text = re.sub(rf"(?<![\w/.-]){re.escape(form)}(?![\w/-])", lambda _, name=name: name, text)  # type: ignore[misc]
        return text


def _stamp(*paths: str | None) -> Stamp:
    """What changes when one of some files is replaced."""
    return tuple(map(_stat_of, filter(None, paths)))


def _stat_of(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
