"""Alignment: maps, self-learning, lexicons, temporal slices, updates, meta-embeddings, knowledge graphs."""

from wordvec.align import meta
from wordvec.align.knowledge.counterfit import Counterfitting, counterfit
from wordvec.align.knowledge.graph import Graph, GraphJoin, graph_vectors, join_graph, read_graph
from wordvec.align.knowledge.retrofit import Retrofitting, retrofit
from wordvec.align.lexicon.aligned import (
    Aligned,
    LexiconResult,
    LexiconScores,
    RetrievalOptions,
    evaluate_lexicon,
    induce,
)
from wordvec.align.lexicon.lexicon import Coverage, Lexicon, read_lexicon, write_lexicon
from wordvec.align.lexicon.self_learning import Evidence, Learning, SelfLearned, self_learn
from wordvec.align.maps.cca import CCA
from wordvec.align.maps.compatible import Compatibility, Update, UpdateReport, compatibility, compatible_update
from wordvec.align.maps.features import FeatureFitting, FeatureMap, FeatureScores, fit_features
from wordvec.align.maps.fitting import MapFitting, fit_map
from wordvec.align.maps.linear import Linear
from wordvec.align.maps.map import Map
from wordvec.align.maps.method import Method
from wordvec.align.maps.methods import METHODS
from wordvec.align.maps.multistep import MultiStep
from wordvec.align.maps.normalizing import Normalizer
from wordvec.align.maps.orthogonal import Orthogonal
from wordvec.align.maps.rcsls import RCSLS
from wordvec.align.maps.refining import Refinement, refine
from wordvec.align.maps.relative import relative, shared_anchors
from wordvec.align.temporal.compass import Compass, train_compass
from wordvec.align.temporal.drift import Drift
from wordvec.align.temporal.permutation import ContextDrift, DriftTest
from wordvec.align.temporal.slices import Neighbour, Overlap, Slices, TemporalScores, align_slices

__all__ = [
    "CCA",
    "METHODS",
    "RCSLS",
    "Aligned",
    "Compass",
    "Compatibility",
    "ContextDrift",
    "Counterfitting",
    "Coverage",
    "Drift",
    "DriftTest",
    "Evidence",
    "FeatureFitting",
    "FeatureMap",
    "FeatureScores",
    "Graph",
    "GraphJoin",
    "Learning",
    "Lexicon",
    "LexiconResult",
    "LexiconScores",
    "Linear",
    "Map",
    "MapFitting",
    "Method",
    "MultiStep",
    "Neighbour",
    "Normalizer",
    "Orthogonal",
    "Overlap",
    "Refinement",
    "RetrievalOptions",
    "Retrofitting",
    "SelfLearned",
    "Slices",
    "TemporalScores",
    "Update",
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
