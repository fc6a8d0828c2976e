"""The table of alignment methods."""

from __future__ import annotations

from wordvec.align.maps.cca import CCA
from wordvec.align.maps.linear import Linear
from wordvec.align.maps.method import Method
from wordvec.align.maps.multistep import MultiStep
from wordvec.align.maps.orthogonal import Orthogonal
from wordvec.align.maps.rcsls import RCSLS

METHODS: dict[str, type[Method]] = {
    "orthogonal": Orthogonal,
    "linear": Linear,
    "cca": CCA,
    "rcsls": RCSLS,
    "multistep": MultiStep,
}
