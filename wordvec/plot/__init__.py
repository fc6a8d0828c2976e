"""Pictures of words, of trainings and of scores, by matplotlib, and by plotly where they are interactive.

Every function returns a Figure of matplotlib; where `ax` gives Axes, it draws there and returns them; with
`interactive=True` it returns a Figure of plotly, with names under the pointer. `size` is the width and the height in
inches, `title` replaces that of the picture. Nothing is shown or written: `save` does that, and so does the Figure
itself. The same arguments give the same picture, to the byte in a file.
"""

from __future__ import annotations

from wordvec.plot.charts import drift, evaluation, loss
from wordvec.plot.disc import tree
from wordvec.plot.files import save
from wordvec.plot.maps import analogy, map, neighbours, senses
from wordvec.plot.tables import hubness, similarity

__all__ = [
    "analogy",
    "drift",
    "evaluation",
    "hubness",
    "loss",
    "map",
    "neighbours",
    "save",
    "senses",
    "similarity",
    "tree",
]
