"""Spaces brought together: maps, self-learning, lexicons, slices of time, updates, meta-embeddings, knowledge."""

from wordvec.align import meta
from wordvec.align.knowledge.graph import Graph, graph_vectors, join_graph, read_graph
from wordvec.align.knowledge.retrofit import counterfit, retrofit
from wordvec.align.lexicon.aligned import Aligned, LexiconResult, LexiconScores, evaluate_lexicon, induce
from wordvec.align.lexicon.lexicon import Coverage, Lexicon, read_lexicon, write_lexicon
from wordvec.align.lexicon.self_learning import Evidence, Learning, SelfLearned, self_learn
from wordvec.align.maps.compatible import Compatibility, UpdateReport, compatibility, compatible_update
from wordvec.align.maps.features import FeatureMap, FeatureScores, fit_features
from wordvec.align.maps.fitting import METHODS, fit_map
from wordvec.align.maps.map import Map
from wordvec.align.maps.methods import CCA, Linear, Method, MultiStep, Orthogonal
from wordvec.align.maps.normalizing import Normalizer
from wordvec.align.maps.rcsls import RCSLS
from wordvec.align.maps.refining import refine
from wordvec.align.maps.relative import relative, shared_anchors
from wordvec.align.temporal.compass import train_compass
from wordvec.align.temporal.slices import Drift, Overlap, Slices, TemporalScores, align_slices

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
