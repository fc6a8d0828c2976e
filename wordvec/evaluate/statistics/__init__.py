"""How sure a score is, and whether the difference of two is real: intervals, tests, and corrections of tests."""

from wordvec.evaluate.statistics.bootstrap import Interval, bootstrap, drawn_scores, paired, paired_bootstrap
from wordvec.evaluate.statistics.closed_forms import fisher, holm, mcnemar, williams, wilson
from wordvec.evaluate.statistics.measures import accuracy, mean, pearson, spearman
from wordvec.evaluate.statistics.seeds import over_seeds

__all__ = [
    "Interval",
    "accuracy",
    "bootstrap",
    "drawn_scores",
    "fisher",
    "holm",
    "mcnemar",
    "mean",
    "over_seeds",
    "paired",
    "paired_bootstrap",
    "pearson",
    "spearman",
    "williams",
    "wilson",
]
