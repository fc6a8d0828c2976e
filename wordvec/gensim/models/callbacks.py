"""gensim.models.callbacks: objects with methods for the begin and end of training and of epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from wordvec.gensim.errors import NotDone

_MOMENTS = ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end")


class CallbackAny2Vec:
    """The base class of callbacks: a subclass overrides the methods it needs; each is called with the model."""

    def on_epoch_begin(self, model: Any) -> None:
        """Before each epoch."""

    def on_epoch_end(self, model: Any) -> None:
        """After each epoch; `model.wv` are the vectors as they are then."""

    def on_train_begin(self, model: Any) -> None:
        """Before the first epoch."""

    def on_train_end(self, model: Any) -> None:
        """After the last epoch."""


class Told:
    """The callbacks of a training, called in gensim's order; missing methods are skipped."""

    def __init__(self, model: Any, callbacks: Any) -> None:
        given = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks] if callbacks else []
        for one in given:
            if not any(callable(getattr(one, moment, None)) for moment in _MOMENTS):
                raise NotDone(
                    f"a callback must be an object with one of the methods {', '.join(_MOMENTS)}; got {one!r:.80}: "
                    "functions are for the trainers of wordvec itself"
                )
        self.model, self.callbacks = model, given

    def tell(self, moment: str) -> None:
        """Call that method of every callback that has it."""
        for one in self.callbacks:
            if callable(method := getattr(one, moment, None)):
                method(self.model)

    def after(self, renew: Callable[[Any], None]) -> list[Callable[[Any], object]]:
        """The callbacks of a trainer: the model is given what was learned, by `renew`, before these are told."""

        def told(epoch: Any) -> None:
            renew(epoch.vectors)
            self.tell("on_epoch_end")
            if epoch.number < epoch.epochs:
                self.tell("on_epoch_begin")

        return [told] if self.callbacks else []
