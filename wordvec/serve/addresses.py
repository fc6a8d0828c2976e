"""Which route an address leads to: a look-up in a table, whatever the number of routes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.types import Scope

from wordvec.serve.routes import Route

_MODELS = "/v1/models/"
_FORM = re.compile(rf"(?:{_MODELS}{{model}})?(?P<start>[\w./]*)(?:{{(?P<last>\w+)}})?")
Methods = dict[str, Route]  # the routes of one address


class Addresses:
    """The addresses of routes: fixed ones; a start and a name; and below /v1/models/{model}, a verb, perhaps a name.

    A name below a model is all that is left of the address, slashes too: a word may have some.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._fixed: dict[str, Methods] = {}
        self._named: dict[str, tuple[Methods, str]] = {}
        self._of_model: dict[str, tuple[Methods, str]] = {}
        for route in routes:
            found = _FORM.fullmatch(route.path)
            if found is None:
                raise ValueError(f"an address must be /fixed, /start/{{name}} or of a model; got {route.path}")
            start, last = found["start"], found["last"] or ""
            if route.of_model:
                methods, _ = self._of_model.setdefault(start, ({}, last))
            elif last:
                methods, _ = self._named.setdefault(start, ({}, last))
            else:
                methods = self._fixed.setdefault(start, {})
            methods[route.method] = route

    def find(self, scope: Scope) -> tuple[Methods | None, dict[str, str]]:
        """The routes of the address of a request by method, None where there are none, and the names in it."""
        path: str = scope["path"]
        if root := scope.get("root_path"):  # of the application that the service is mounted in
            path = path.removeprefix(root)
        if path.startswith(_MODELS):
            model, slash, rest = path[len(_MODELS) :].partition("/")
            verb, more, last = rest.partition("/")
            methods, name = self._of_model.get(slash + verb + more, (None, ""))
            return methods, {"model": model, name: last} if name else {"model": model}
        if path in self._fixed:
            return self._fixed[path], {}
        start, slash, last = path.rpartition("/")
        methods, name = self._named.get(start + slash, (None, ""))
        return methods, {name: last}
