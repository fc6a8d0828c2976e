"""Weighted pairs of words and contexts, and graphs, as sparse matrices; random walks over graphs."""

from wordvec.graphs.attributes import node_attributes
from wordvec.graphs.dependencies import dependency_pairs
from wordvec.graphs.graph import Graph
from wordvec.graphs.pair_counts import PairCounts

__all__ = ["Graph", "PairCounts", "dependency_pairs", "node_attributes"]
