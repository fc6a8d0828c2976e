"""The service as an ASGI application: from a request to a checked structure, to an answer, to JSON."""

from __future__ import annotations

import asyncio
import hmac
import os
import re
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from functools import cache
from inspect import iscoroutinefunction
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Route as Address
from starlette.routing import Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wordvec.base.errors import LibraryError, OptionError, UnknownWordError
from wordvec.base.logs import LOG
from wordvec.base.threads import thread_pool
from wordvec.serve import answers, messages, routes
from wordvec.serve.batching import Overloaded
from wordvec.serve.guard import Guard, Refused, problem
from wordvec.serve.metrics import Metrics
from wordvec.serve.models import Models, UnknownModel
from wordvec.serve.routes import ROUTES, Route
from wordvec.serve.settings import Settings
from wordvec.serve.streams import Lines, stream
from wordvec.serve.work import Work

JOBS = 8  # threads for scans and all else that takes long
_JSON = "application/json"
_ENCODER = msgspec.json.Encoder()
_PLACE = re.compile(r"\.(\w+)|\[(\d+)\]")


class Service:
    """An ASGI application over the models of the settings; `wordvec serve` runs it in one process or several."""

    def __init__(self, settings: Settings, models: Models | None = None) -> None:
        self.settings = settings
        self.models = Models(settings) if models is None else models
        self.metrics = Metrics([*(route.name for route in ROUTES), "other"], settings.counts)
        self.work = Work(settings, self.models, self.metrics)
        self._asked_to_reload = asyncio.Event()
        document = routes.openapi(settings.limits, settings.token is not None)
        page = routes.page(settings.limits).encode(), "text/html; charset=utf-8"
        self._constant = {"page": page, "docs": page, "openapi": (_ENCODER.encode(document), _JSON)}
        addresses: dict[str, list[Route]] = {}
        for route in ROUTES:
            addresses.setdefault(route.path.replace("{word}", "{word:path}"), []).append(route)
        # The router alone: what Starlette wraps around it costs as much again, and our endpoints raise nothing.
        hot_first = sorted(addresses.items(), key=lambda item: not item[1][0].of_model)
        app: ASGIApp = Router(
            [Address(path, _Endpoint(self, own)) for path, own in hot_first],
            redirect_slashes=False,  # to an address that the client's Host names
            default=_unknown_address,
            lifespan=self._life,
        )
        if settings.origins:
            app = CORSMiddleware(
                app, allow_origins=settings.origins, allow_methods=("GET", "POST"), allow_headers=("Authorization",)
            )
        self._app = Guard(app, settings, self.metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or begin and end: what a server of ASGI calls."""
        await self._app(scope, receive, send)

    @asynccontextmanager
    async def _life(self, app: Any) -> AsyncIterator[None]:
        """From the first request to the last: threads, and a look at the files now and then."""
        loop = asyncio.get_running_loop()
        with thread_pool(JOBS) as pool:
            self.work.pool = pool
            watch = loop.create_task(self._watch())
            # neither on Windows nor outside the main thread
            with suppress(ValueError, RuntimeError, NotImplementedError, AttributeError):
                loop.add_signal_handler(signal.SIGHUP, self._asked_to_reload.set)
            try:
                yield
            finally:
                watch.cancel()

    async def _watch(self) -> None:
        while True:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._asked_to_reload.wait(), self.settings.poll)
            forced, own = self._asked_to_reload.is_set(), self.settings
            if (own.parent is not None and os.getppid() != own.parent) or (own.terminal and not os.isatty(2)):
                os.kill(os.getpid(), signal.SIGTERM)  # nobody is left who could end it
                return
            self._asked_to_reload.clear()
            try:
                for worked in await self.work.in_thread(lambda forced=forced: self.models.reload(forced)):  # type: ignore[misc]
                    self.metrics.reload(worked)
            except Exception:
                LOG.exception("the files of the models could not be looked at")

    async def answer(self, route: Route, scope: Scope, receive: Receive) -> tuple[bytes | Lines, str]:
        """The body, perhaps in lines to come, and its type; Refused, and errors of the library, where there is none."""
        if route.name in self._constant:
            return self._constant[route.name]
        if route.name == "metrics":
            return self.metrics.text().encode(), "text/plain; version=0.0.4"
        if route.name == "health":
            return _encoded(messages.Health("ok", len(self.models.all()))), _JSON
        if route.name == "models":
            return _encoded(messages.Models([answers.facts(self.work, model) for model in self.models.all()])), _JSON
        model = self.models[scope["path_params"]["model"]]
        if route.name == "vector":
            word = scope["path_params"]["word"]
            if word in model.vectors.vocabulary:
                return _encoded(answers.one_vector(model, word)), _JSON
            return _encoded(await self.work.in_thread(lambda: answers.one_vector(model, word))), _JSON
        request = None if route.request is None else await self._request(route, route.request, scope, receive)
        assert route.answer is not None
        if iscoroutinefunction(route.answer):
            found = await route.answer(self.work, model, request)
            return found if isinstance(found, (bytes, Lines)) else _encoded(found), route.kind
        return await self.work.in_thread(lambda: _encoded(route.answer(self.work, model, request))), _JSON  # type: ignore[misc]

    async def _request(
        self, route: Route, kind: type[messages.Request], scope: Scope, receive: Receive
    ) -> messages.Request:
        """The checked request; Refused where it is not as its structure says, or beyond the limits."""
        given: Any
        try:
            if route.method == "GET":
                given = _parameters(scope["query_string"], kind)
                request = msgspec.convert(given, kind, strict=False)
            else:
                given = await self._body(scope, receive)
                request = msgspec.json.decode(given, type=kind)
        except msgspec.ValidationError as error:
            raise Refused(422, _explained(str(error), given)) from None
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            what = "JSON nested so deeply" if isinstance(error, RecursionError) else str(error)
            raise Refused(400, f"the body must be a JSON object in UTF-8; got {what}") from None
        limits = self.settings.limits
        for name in kind.__struct_fields__:
            value = getattr(request, name)
            if name == "topn" and value > (most := getattr(limits, kind.topn_limit)):
                raise Refused(422, f"topn must be at most {most} on this server; got {value}")
            if isinstance(value, list) and len(value) > limits.max_batch:
                raise Refused(
                    422, f"{name} must be at most {limits.max_batch} on this server; got {len(value)}: ask in parts"
                )
        return request

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        headers = dict(scope["headers"])
        if headers.get(b"content-type", b"").split(b";")[0].strip().lower() != _JSON.encode():
            raise Refused(415, f"the Content-Type of a body must be {_JSON}")
        most = self.settings.limits.max_body
        problem = Refused(413, f"a body must have at most {most} bytes on this server: ask in parts")
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > most:
            raise problem
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            message: Message = await receive()
            if message["type"] == "http.disconnect":
                raise asyncio.CancelledError
            parts.append(message.get("body", b""))
            size, more = size + len(parts[-1]), message.get("more_body", False)
            if size > most:
                raise problem
        return b"".join(parts)


class _Endpoint:
    """All methods of one address."""

    def __init__(self, service: Service, own: Iterable[Route]) -> None:
        self.service, self.routes = service, {route.method: route for route in own}
        token = service.settings.token
        self.token = None if token is None else f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with what it asks for or with a problem."""
        method = scope["method"]
        route = self.routes.get("GET" if method == "HEAD" else method)
        if route is None:
            allowed = {"Allow": ", ".join([*self.routes, *(["HEAD"] if "GET" in self.routes else [])])}
            await problem(405, f"the method must be {' or '.join(self.routes)} here; got {method:.20}", allowed)(
                scope, receive, send
            )
            return
        scope["wordvec.route"] = route.name
        try:
            if self.token is not None and not route.is_open:
                self._check_token(scope)
            body, kind = await self.service.answer(route, scope, receive)
        except Exception as error:
            await self._problem(error)(scope, receive, send)
            return
        if isinstance(body, Lines):
            await stream(body, self._problem, scope, receive, send)
            return
        headers = [(b"content-length", b"%d" % len(body)), (b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _check_token(self, scope: Scope) -> None:
        given = dict(scope["headers"]).get(b"authorization", b"")
        if not hmac.compare_digest(given, self.token or b""):
            headers = {"WWW-Authenticate": "Bearer"}
            raise Refused(401, "a request must have the header Authorization: Bearer TOKEN, with the token", headers)

    def _problem(self, error: Exception) -> Response:
        """What a client is told of an error: our messages, and nothing of the server's files."""
        if isinstance(error, Refused):
            return problem(error.status, error.detail, error.headers)
        text = self.service.models.without_paths(str(error))
        if isinstance(error, (UnknownWordError, UnknownModel)):
            return problem(404, text)
        if isinstance(error, OptionError):
            return problem(422, text)
        if isinstance(error, LibraryError):
            return problem(501, text)
        if isinstance(error, Overloaded):
            return problem(503, "the server has more to do than it can: ask again later", {"Retry-After": "1"})
        LOG.error("a request could not be answered", exc_info=error)
        return problem(500, "the answer could not be computed; the log of the server says why")


async def _unknown_address(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await problem(404, "the address must be one of those that /docs lists")(scope, receive, send)


def _encoded(answer: messages.Answer) -> bytes:
    """An answer as JSON; bytes of words that are no UTF-8 become U+FFFD, as JSON cannot have them."""
    try:
        return _ENCODER.encode(answer)
    except UnicodeEncodeError:
        return _ENCODER.encode(_readable(msgspec.to_builtins(answer)))


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if isinstance(value, dict):
        return {_readable(key): _readable(item) for key, item in value.items()}
    return list(map(_readable, value)) if isinstance(value, (list, tuple)) else value


def _parameters(query: bytes, kind: type[messages.Request]) -> dict[str, Any]:
    """The parameters of an address by name; those that are lists in the structure may be repeated."""
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=1000, errors="strict")
    except ValueError as error:
        raise Refused(400, f"the parameters of an address must be percent-encoded UTF-8; got {error}") from None
    lists = _lists(kind)
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name in lists:
            given.setdefault(name, []).append(value)
        elif name in given:
            raise Refused(422, f"{name:.40} must be given once")
        else:
            given[name] = value
    return given


@cache
def _lists(kind: type[messages.Request]) -> frozenset[str]:
    """The names of the fields that are lists."""
    return frozenset(field.name for field in msgspec.structs.fields(kind) if "list" in str(field.type))


def _explained(error: str, given: Any) -> str:
    """What must hold, and what was given: the value at the place that a message of msgspec names."""
    what, _, place = error.partition(" - at `$")
    with suppress(msgspec.DecodeError, LookupError, TypeError, RecursionError):
        value = msgspec.json.decode(given) if isinstance(given, bytes) else given
        for name, number in _PLACE.findall(place.rstrip("`")):
            value = value[name] if name else value[int(number)]
        if place and "[...]" not in place:
            what += f"; got {value!r:.60}"
    name = place.rstrip("`").lstrip(".")
    return f"{name or 'the request'} must be as /openapi.json says: {what[:1].lower()}{what[1:]}"
