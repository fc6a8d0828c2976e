"""Requests and answers as checked structures: what the service accepts, and the schemas of its OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from wordvec.transforms.layout import METHODS

Term = str | list[float]  # a word or a vector
Value = str | float | bool
Count = Annotated[int, Meta(ge=1)]
Words = Annotated[list[str], Meta(min_length=1)]


def readable(value: Any) -> Any:
    """A plain value as JSON can have it: bytes of words that are no UTF-8 become U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if isinstance(value, dict):
        return {readable(key): readable(item) for key, item in value.items()}
    return list(map(readable, value)) if isinstance(value, (list, tuple)) else value


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a body, or the parameters of an address; others are refused."""

    topn_limit: ClassVar[str] = "max_topn"  # the limit of the service that bounds `topn`


class Filters(Request, frozen=True, kw_only=True):
    """How many answers a query has, and which words they may be."""

    topn: Annotated[int, Meta(ge=1, description="how many answers")] = 10
    within: Annotated[list[str], Meta(description="only these words")] | None = None
    exclude: Annotated[list[str], Meta(description="none of these words")] | None = None
    min_score: Annotated[float, Meta(description="only answers with this score or a higher one")] | None = None
    prefix: Annotated[str, Meta(min_length=1, description="only words that begin with this")] | None = None
    min_count: Annotated[int, Meta(ge=0, description="only words with this count or a higher one")] | None = None
    max_count: Annotated[int, Meta(ge=0, description="only words with this count or a lower one")] | None = None
    restrict_vocab: Annotated[int, Meta(ge=1, description="only the first rows")] | None = None


class Where(Filters, frozen=True, kw_only=True):
    """Filters of a body, which may name attributes, too."""

    where: Annotated[dict[str, Value | list[Value]], Meta(description="only words with these attributes")] | None = None


class WordQuery(Filters, frozen=True, kw_only=True):
    """A query in an address: words that add, words that subtract, and a weight for each of both."""

    positive: list[str] = []
    negative: list[str] = []
    weights: list[float] | None = None


class Query(Where, frozen=True, kw_only=True):
    """Words and vectors that add, such that subtract, and a weight for each of both, in this order."""

    positive: list[Term] = []
    negative: list[Term] = []
    weights: list[float] | None = None


class Queries(Where, frozen=True, kw_only=True):
    """Words or vectors, each a query of its own."""

    queries: Annotated[list[Term], Meta(min_length=1)]


class Analogy(Where, frozen=True, kw_only=True):
    """Words a : b = c : ?, and the score of an answer."""

    a: str
    b: str
    c: str
    method: Annotated[str, Meta(pattern="^3cos(add|mul)$", description="3cosadd or 3cosmul")] = "3cosadd"


class Pairs(Request, frozen=True, kw_only=True):
    """Pairs of words."""

    pairs: Annotated[list[tuple[str, str]], Meta(min_length=1)]


class WordList(Request, frozen=True, kw_only=True):
    """Words whose vectors are asked for; with `missing`, a word without one has null, and is no error."""

    words: Words
    missing: bool = False


class Projection(Request, frozen=True, kw_only=True):
    """Words, and the number of dimensions to lay them out in."""

    words: Words
    dimensions: Annotated[int, Meta(ge=1, le=3)] = 2


class Texts(Request, frozen=True, kw_only=True):
    """Texts."""

    texts: Words


class Classify(Texts, frozen=True, kw_only=True):
    """Texts, how many labels each gets, and the least probability of a label."""

    topn: Count = 1
    threshold: Annotated[float, Meta(ge=0, le=1)] = 0.0


class Translate(Request, frozen=True, kw_only=True):
    """Words of the model, and the model of the same space to translate them to."""

    words: Words
    target: str
    topn: Count = 5
    method: Annotated[str, Meta(pattern="^(nn|csls)$", description="nn or csls")] = "nn"


class DriftOf(Request, frozen=True, kw_only=True):
    """Either `word`, to be followed through the slices, or `target`, the slice to find the most changed words in."""

    word: str | None = None
    target: str | None = None
    topn: Count = 20
    min_count: Annotated[int, Meta(ge=0)] = 1


class MapOf(Request, frozen=True, kw_only=True):
    """A map of `word` and its `topn` nearest words, or, without a word, of the first `topn` words of the model.

    With `target`, a slice of the same space, the drift of each word to that slice comes with it.
    """

    topn_limit: ClassVar[str] = "max_map"
    word: str | None = None
    topn: Count = 100
    method: Annotated[
        str, Meta(pattern=f"^({'|'.join(METHODS)})$", description=f"{', '.join(METHODS[:-1])} or {METHODS[-1]}")
    ] = "pca"
    clusters: Annotated[int, Meta(ge=0, le=24, description="how many clusters; 0: none")] = 8
    target: str | None = None
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 0


class Prefix(Request, frozen=True, kw_only=True):
    """The beginning of a word, as far as it is typed, and how many words are wanted."""

    prefix: str = ""
    topn: Count = 10


class SensesOf(Request, frozen=True, kw_only=True):
    """A word, how many neighbours each sense gets, and words that it stands among, to tell its sense by."""

    word: str
    topn: Count = 10
    context: Annotated[list[str], Meta(description="words around the word")] | None = None


class Answer(Struct):
    """What comes back."""


class Neighbour(Answer):
    """A word, its score, and its count where counts are known."""

    word: str
    score: float
    count: int | None = None


class Neighbours(Answer):
    """Words, the best first."""

    neighbours: list[Neighbour]


class Results(Answer):
    """Words for each query, the best first."""

    results: list[list[Neighbour]]


class Scores(Answer):
    """A cosine for each pair."""

    scores: list[float]


class OneVector(Answer):
    """The vector of a word, and whether the word has a row of its own."""

    word: str
    vector: list[float]
    known: bool
    count: int | None = None


class Vectors(Answer):
    """A vector for each word or text; null for a word without one, where those were allowed."""

    vectors: list[list[float] | None]


class Points(Answer):
    """Coordinates of each word on the first principal components, and the share of the variance of each of these."""

    words: list[str]
    points: list[list[float]]
    explained: list[float]


class Progress(Answer):
    """The share of a map that is computed, 0 to 1: a line before the map."""

    progress: float


class Map(Answer):
    """Words as points of a plane, in columns; a string holds little-endian numbers in base64.

    `points` are float32, x and y of each word; `clusters` uint8, the cluster of each word, 0 the largest, and
    `cluster_words` frequent words of each; `scores` float32, the cosine with the word of a neighbourhood; `drift`
    float32, NaN for words that one of the slices lacks; `explained` the shares of the variance, of PCA.
    """

    words: list[str]
    points: str
    method: str
    counts: list[int] | None
    scores: str | None
    drift: str | None
    clusters: str | None
    cluster_words: list[list[str]] | None
    explained: list[float] | None


class Label(Answer):
    """A label and its probability."""

    label: str
    probability: float


class Labels(Answer):
    """Labels for each text, the most probable first."""

    results: list[list[Label]]


class Completion(Answer):
    """A word, and its count where counts are known."""

    word: str
    count: int | None = None


class Completions(Answer):
    """Words in the order of the rows, the most frequent first."""

    words: list[Completion]


class Sense(Answer):
    """A sense of a word: its key, its share of the occurrences, and its probability where a context was given."""

    key: str
    share: float
    neighbours: list[Neighbour]
    count: int | None = None
    probability: float | None = None


class Senses(Answer):
    """The senses of a word, by falling share."""

    word: str
    senses: list[Sense]


class Change(Answer):
    """The change of a word between two slices: 1 - cosine, and its count in both where counts are known."""

    word: str
    source: str
    target: str
    drift: float
    counts: tuple[int, int] | None = None


class Changes(Answer):
    """Changes of one word from slice to slice, or of many words between two, the largest first."""

    changes: list[Change]


class Model(Answer):
    """Facts of a model; `space` are the models that share its space."""

    name: str
    kind: str
    size: int
    vector_size: int
    metric: str
    codec: str | None
    counts: bool
    attributes: list[str]
    subwords: str | None
    index: str | None
    space: list[str]
    labels: list[str] | None
    senses: str | None
    trained: dict[str, Any]


class Models(Answer):
    """All models."""

    models: list[Model]


class Health(Answer):
    """That the service answers, and how many models it has."""

    status: str
    models: int


class Problem(Answer):
    """What is wrong with a request (RFC 9457): what must hold, what was given, what to do."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
