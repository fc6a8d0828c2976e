"""The tasks of the suite: one file and one line of TASKS each."""

from __future__ import annotations

from wordvec.evaluate.tasks.analogies import Analogies
from wordvec.evaluate.tasks.base import Dataset, Place, Task
from wordvec.evaluate.tasks.bias import Bias
from wordvec.evaluate.tasks.categories import Categories
from wordvec.evaluate.tasks.chimeras import Chimeras
from wordvec.evaluate.tasks.choices import AnalogyChoice
from wordvec.evaluate.tasks.cross_lingual import CrossLingualSimilarity, Lexicons
from wordvec.evaluate.tasks.evalrank import EvalRank
from wordvec.evaluate.tasks.induced_senses import InducedSenses
from wordvec.evaluate.tasks.nonces import Nonces
from wordvec.evaluate.tasks.outliers import Outliers
from wordvec.evaluate.tasks.qvec import Qvec
from wordvec.evaluate.tasks.rare_words import RareWords
from wordvec.evaluate.tasks.relations import Relations
from wordvec.evaluate.tasks.retrieval import Retrieval
from wordvec.evaluate.tasks.scws import Scws
from wordvec.evaluate.tasks.similarity import Similarity
from wordvec.evaluate.tasks.synonyms import Synonyms
from wordvec.evaluate.tasks.tags import Tags
from wordvec.evaluate.tasks.temporal import Drift, TemporalAnalogies
from wordvec.evaluate.tasks.text_classes import TextClassification, TextProbes
from wordvec.evaluate.tasks.text_clusters import TextClustering
from wordvec.evaluate.tasks.text_similarity import TextSimilarity
from wordvec.evaluate.tasks.wic import Wic, WicTsv

__all__ = ["TASKS", "Dataset", "Place", "Task"]

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Similarity(),
        Analogies(),
        AnalogyChoice(),
        Categories(),
        Outliers(),
        EvalRank(),
        Relations(),
        Synonyms(),
        Qvec(),
        Bias(),
        Wic(),
        WicTsv(),
        Scws(),
        InducedSenses(),
        Lexicons(),
        CrossLingualSimilarity(),
        Chimeras(),
        Nonces(),
        RareWords(),
        Drift(),
        TemporalAnalogies(),
        TextSimilarity(),
        TextClassification(),
        TextProbes(),
        TextClustering(),
        Retrieval(),
        Tags(),
    )
}
