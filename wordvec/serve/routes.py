"""The table of routes. The service, its OpenAPI document and the page of routes are made of it, so they agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from wordvec.base import html
from wordvec.base.version import __version__
from wordvec.serve import answers, maps, messages, words
from wordvec.serve.settings import Limits
from wordvec.serve.streams import LINES


@dataclass(frozen=True)
class Route:
    """An address, and what answers there.

    `answer(work, model, request)` gives the answer, in a thread unless it is a coroutine. The service itself answers
    where there is none. `request` is the structure of the body, or of the parameters of a GET. Where `is_open`, no
    token is asked for.
    """

    name: str
    method: str
    path: str
    does: str
    answer: Callable[..., Any] | None = None
    request: type[messages.Request] | None = None
    response: type[messages.Answer] | str = "text/plain"
    is_open: bool = False
    kind: str = "application/json"  # of an answer that is a structure; else a line of it is such a structure

    @property
    def of_model(self) -> bool:
        """Whether the address names a model."""
        return "{model}" in self.path


_JSON = "application/json"
_MODEL = "/v1/models/{model}"
_MAP = "words as points of a plane, in lines of JSON: the progress now and then, and last the map"
ROUTES = (
    Route("page", "GET", "/", "the explorer, a page for people", response="text/html", is_open=True),
    Route("asset", "GET", "/assets/{file}", "what that page is made of", response="*/*", is_open=True),
    Route("docs", "GET", "/docs", "the routes, in words", response="text/html", is_open=True),
    Route("openapi", "GET", "/openapi.json", "the OpenAPI document", response=_JSON, is_open=True),
    Route("health", "GET", "/health", "whether the service answers", response=messages.Health, is_open=True),
    Route("metrics", "GET", "/metrics", "counters, as Prometheus reads them"),
    Route("models", "GET", "/v1/models", "the models", response=messages.Models),
    Route("model", "GET", _MODEL, "facts of a model", answers.facts, response=messages.Model),
    Route("vector", "GET", f"{_MODEL}/vectors/{{word}}", "the vector of a word", response=messages.OneVector),
    *(
        Route(name, method, f"{_MODEL}/{path}", str(answer.__doc__).rstrip("."), answer, request, response)
        for name, method, path, answer, request, response in (
            ("vectors", "POST", "vectors", answers.vectors_of, messages.WordList, messages.Vectors),
            ("similar", "GET", "most_similar", answers.most_similar, messages.WordQuery, messages.Neighbours),
            ("most_similar", "POST", "most_similar", answers.most_similar, messages.Query, messages.Neighbours),
            ("neighbours", "POST", "neighbours", answers.neighbours, messages.Queries, messages.Results),
            ("analogy", "POST", "analogy", answers.analogy, messages.Analogy, messages.Neighbours),
            ("similarity", "POST", "similarity", answers.similarity, messages.Pairs, messages.Scores),
            ("projection", "POST", "projection", answers.projection, messages.Projection, messages.Points),
            ("encode", "POST", "encode", answers.encode, messages.Texts, messages.Vectors),
            ("classify", "POST", "classify", answers.classify, messages.Classify, messages.Labels),
            ("translate", "POST", "translate", answers.translate, messages.Translate, messages.Results),
            ("drift", "POST", "drift", answers.drift, messages.DriftOf, messages.Changes),
            ("senses", "POST", "senses", words.senses, messages.SensesOf, messages.Senses),
            ("complete", "GET", "complete", words.complete, messages.Prefix, messages.Completions),
        )
    ),
    Route("map", "POST", f"{_MODEL}/map", _MAP, maps.draw, messages.MapOf, messages.Map, kind=LINES),
)


def openapi(limits: Limits, has_token: bool) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the table, with the limits of the service."""
    structures = [route.request for route in ROUTES if route.request is not None]
    structures += [route.response for route in ROUTES if not isinstance(route.response, str)]  # type: ignore[misc]
    structures.append(messages.Problem)  # type: ignore[arg-type]
    _, schemas = msgspec.json.schema_components(structures, ref_template="#/components/schemas/{name}")
    bounds = {kind.__name__: getattr(limits, kind.topn_limit) for kind in messages.Request.__subclasses__()}
    for title, schema in schemas.items():
        for name, properties in schema.get("properties", {}).items():
            if name == "topn":
                properties["maximum"] = bounds.get(title, limits.max_topn)
            if properties.get("type") == "array" and schema.get("additionalProperties") is False:
                properties["maxItems"] = limits.max_batch
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas, has_token)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "wordvec", "version": __version__, "description": "Vectors of words, and questions to them."},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    if has_token:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return document


def _operation(route: Route, schemas: dict[str, Any], has_token: bool) -> dict[str, Any]:
    if isinstance(route.response, str):
        kind, schema = route.response, {"type": "object" if route.response == _JSON else "string"}
    else:
        kind, schema = route.kind, {"$ref": f"#/components/schemas/{route.response.__name__}"}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.does,
        "parameters": list(_parameters(route, schemas)),
        "responses": {
            "200": {"description": route.does, "content": {kind: {"schema": schema}}},
            "default": {"description": "what is wrong", "content": problem},
        },
    }
    if route.request is not None and route.method == "POST":
        body = {"schema": {"$ref": f"#/components/schemas/{route.request.__name__}"}}
        operation["requestBody"] = {"required": True, "content": {_JSON: body}}
    if has_token and not route.is_open:
        operation["security"] = [{"token": []}]
    return operation


def _parameters(route: Route, schemas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("model", "word", "file"):
        if f"{{{name}}}" in route.path:
            yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    if route.request is not None and route.method == "GET":
        for name, schema in schemas[route.request.__name__]["properties"].items():
            yield {"name": name, "in": "query", "required": False, "schema": _without_null(schema)}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter, which is left out where a body would have null."""
    if "anyOf" not in schema:
        return schema
    (kind,) = [some for some in schema["anyOf"] if some.get("type") != "null"]
    return {**{name: value for name, value in schema.items() if name not in ("anyOf", "default")}, **kind}


def page(limits: Limits) -> str:
    """A page with all routes and limits, in the style of the explorer."""
    rows = [
        [
            route.method,
            html.code(route.path),
            html.text(route.does),
            html.code(", ".join(route.request.__struct_fields__) if route.request else ""),
        ]
        for route in ROUTES
    ]
    bounds = {name: str(value) for name, value in limits.to_dict().items() if value is not None}
    return html.page(
        f"wordvec {__version__}",
        '<main><p><a href="openapi.json">openapi.json</a> has all of it for programs. A POST has its fields in a JSON '
        "body, a GET in its address. What is wrong comes back as <code>application/problem+json</code>.</p>",
        html.table(["method", "address", "what", "fields"], rows, title="Routes", most=None),
        html.facts(bounds, title="Limits"),
        "</main>",
        head='<link rel="icon" href="assets/icon.svg" type="image/svg+xml"><link rel="stylesheet" '
        'href="assets/style.css">',
    )
