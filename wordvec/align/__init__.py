"""Spaces brought together: maps, self-learning, lexicons, slices of time, updates, meta-embeddings, knowledge."""

from wordvec.align import meta
from wordvec.align.aligned import Aligned, LexiconResult, LexiconScores, evaluate_lexicon, induce
from wordvec.align.compass import train_compass
from wordvec.align.compatible import Compatibility, UpdateReport, compatibility, compatible_update
from wordvec.align.features import FeatureMap, FeatureScores, fit_features
from wordvec.align.fitting import METHODS, fit_map
from wordvec.align.graph import Graph, graph_vectors, join_graph, read_graph
from wordvec.align.lexicon import Coverage, Lexicon, read_lexicon, write_lexicon
from wordvec.align.maps import Map
from wordvec.align.methods import CCA, Linear, Method, MultiStep, Orthogonal
from wordvec.align.normalizing import Normalizer
from wordvec.align.rcsls import RCSLS
from wordvec.align.refining import refine
from wordvec.align.relative import relative, shared_anchors
from wordvec.align.retrofit import counterfit, retrofit
from wordvec.align.selflearning import Evidence, Learning, SelfLearned, self_learn
from wordvec.align.temporal import Drift, Overlap, Slices, TemporalScores, align_slices

__all__ = [
    "CCA",
    "METHODS",
    "RCSLS",
    "Aligned",
    "Compatibility",
    "Coverage",
    "Drift",
    "Evidence",
    "FeatureMap",
    "FeatureScores",
    "Graph",
    "Learning",
    "Lexicon",
    "LexiconResult",
    "LexiconScores",
    "Linear",
    "Map",
    "Method",
    "MultiStep",
    "Normalizer",
    "Orthogonal",
    "Overlap",
    "SelfLearned",
    "Slices",
    "TemporalScores",
    "UpdateReport",
    "align_slices",
    "compatibility",
    "compatible_update",
    "counterfit",
    "evaluate_lexicon",
    "fit_features",
    "fit_map",
    "graph_vectors",
    "induce",
    "join_graph",
    "meta",
    "read_graph",
    "read_lexicon",
    "refine",
    "relative",
    "retrofit",
    "self_learn",
    "shared_anchors",
    "train_compass",
    "write_lexicon",
]
