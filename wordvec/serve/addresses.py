"""Which route an address leads to: a look-up in a table, whatever the number of routes."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Scope

from wordvec.serve.routes import Route

_MODELS = "/v1/models/"
Methods = dict[str, Route]  # the routes of one address


class Addresses:
    """The addresses of routes: fixed ones, and /v1/models/{model} with a verb or none, and perhaps a last name.

    The last name is all that is left of the address, slashes too.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._fixed: dict[str, Methods] = {}
        self._of_model: dict[str, tuple[Methods, str]] = {}
        for route in routes:
            start, _, rest = route.path.partition("{model}")
            verb, _, last = rest.partition("{")
            if not rest and start == route.path:
                self._fixed.setdefault(start, {})[route.method] = route
                continue
            if start != _MODELS or verb.count("/") != (verb != "") + (last != ""):
                raise ValueError(f"an address must be fixed, or {_MODELS}{{model}}/verb/{{last}}; got {route.path}")
            self._of_model.setdefault(verb, ({}, last.rstrip("}")))[0][route.method] = route

    def find(self, scope: Scope) -> tuple[Methods | None, dict[str, str]]:
        """The routes of the address of a request by method, None where there are none, and the names in it."""
        path: str = scope["path"]
        if root := scope.get("root_path"):  # of the application that the service is mounted in
            path = path.removeprefix(root)
        if not path.startswith(_MODELS):
            return self._fixed.get(path), {}
        model, slash, rest = path[len(_MODELS) :].partition("/")
        verb, more, last = rest.partition("/")
        methods, name = self._of_model.get(slash + verb + more, (None, ""))
        return methods, {"model": model, name: last} if name else {"model": model}
