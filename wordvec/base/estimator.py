"""What scikit-learn's searches ask of an object with options: to list them, change them, and copy the object."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from wordvec.base.libraries import library

if TYPE_CHECKING:
    from wordvec.base.options import Options

Own = TypeVar("Own", bound="Estimator")


class Estimator:
    """An object with options, for scikit-learn's `clone`, `GridSearchCV`, `cross_val_score` and their like.

    A subclass says which options it has, and takes others in their place. scikit-learn itself is not needed.
    """

    kind: ClassVar[str | None] = None  # "classifier", for scikit-learn; None: no kind that it knows

    @property
    @abstractmethod
    def params(self) -> Options:
        """The options that are listed and changed."""

    @abstractmethod
    def _take(self, options: Options) -> None:
        """Have other options from now on."""

    @abstractmethod
    def _copy(self) -> Any:
        """A new object with the same options, that has learned nothing."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All options by name, for scikit-learn; `deep` changes nothing."""
        return {f.name: getattr(self.params, f.name) for f in fields(self.params)}

    def set_params(self: Own, **params: Any) -> Own:
        """Change options by name, for scikit-learn; the object itself, which keeps what it has learned.

        OptionError where there is no such option, or a value does not fit; then nothing has changed.
        """
        self._take(replace(self.params, **params))
        return self

    def __sklearn_clone__(self) -> Any:  # scikit-learn's own clone wants the very objects that were given
        return self._copy()

    def __sklearn_tags__(self) -> Any:
        utils = library("sklearn.utils", "scikit-learn>=1.6")
        is_classifier = self.kind == "classifier"
        return utils.Tags(
            estimator_type=self.kind,
            target_tags=utils.TargetTags(required=is_classifier),
            classifier_tags=utils.ClassifierTags() if is_classifier else None,
            input_tags=utils.InputTags(one_d_array=True, two_d_array=False, string=True),
            requires_fit=True,
        )
