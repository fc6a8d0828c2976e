"""The service as an ASGI application: from a request to a checked structure, to an answer, to JSON."""

from __future__ import annotations

import asyncio
import hmac
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache
from inspect import iscoroutinefunction
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wordvec.base.errors import LibraryError, OptionError, UnknownWordError
from wordvec.base.logs import LOG
from wordvec.base.threads import thread_pool
from wordvec.serve import answers, messages, routes
from wordvec.serve.addresses import Addresses
from wordvec.serve.assets import Assets
from wordvec.serve.batching import Overloaded
from wordvec.serve.guard import SINCE, Guard, Refused, problem
from wordvec.serve.metrics import Metrics
from wordvec.serve.models import Models, UnknownModel
from wordvec.serve.routes import ROUTES, Route
from wordvec.serve.settings import Settings
from wordvec.serve.streams import Lines, stream
from wordvec.serve.work import Work

JOBS = 8  # threads for all that takes long, beside those of queries by an index
_JSON = "application/json"
_AT_ONCE = ("vector", "similar")  # routes that a server may answer without a task
_FILES = ("page", "asset")  # routes that answer with files of the explorer
_ENCODER = msgspec.json.Encoder()
_PARAMETERS = 1000  # in an address
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
        self._constant = {"docs": page, "openapi": (_ENCODER.encode(document), _JSON)}
        self.assets = Assets()
        self._addresses = Addresses(ROUTES)
        self._token = None if settings.token is None else f"Bearer {settings.token}".encode()
        # Starlette begins and ends, and no more: its routes and what it wraps around them cost as much as an answer.
        self._begun_and_ended = Router(lifespan=self._life)
        app: ASGIApp = self._respond
        if settings.origins:
            app = CORSMiddleware(
                app, allow_origins=settings.origins, allow_methods=("GET", "POST"), allow_headers=("Authorization",)
            )
        self._guard = Guard(app, settings, self.metrics)
        self.headers = [(b"content-type", _JSON.encode()), *self._guard.headers]  # of what is answered at once
        self._always = settings.origins or settings.limits.rate is not None  # whether all goes through the guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or begin and end: what a server of ASGI calls."""
        await (self._guard if scope["type"] == "http" else self._begun_and_ended)(scope, receive, send)

    def at_once(self, scope: Scope, done: Callable[[bytes | None], object]) -> bool:
        """Whether `done` is called, now or later, with the JSON of an answer of status 200 and `headers`.

        It is for a server that can write an answer without a task, which costs more than the answer; of requests for
        the vector of a known word, and for its neighbours. What it gives is checked and counted as in `__call__`,
        which answers the same, and all else. `done` is called with None where that must answer after all.
        """
        if self._always or scope["method"] != "GET" or not self._guard.is_called_right(scope):
            return False
        scope[SINCE] = start = time.perf_counter()
        methods, names = self._addresses.find(scope)
        route = None if methods is None else methods.get("GET")
        if route is None or route.name not in _AT_ONCE or not self._has_token(scope):
            return False

        def answered(body: bytes) -> None:
            self.metrics.request(route.name, 200, time.perf_counter() - start)
            done(body)

        try:
            model = self.models[names["model"]]
            if route.request is None:
                body = answers.known_vector(model, names["word"])
                if body is not None:
                    answered(body)
                return body is not None
            request = self._checked(_parameters(scope["query_string"], route.request), route.request)
            asked = answers.asked_of_one_word(self.work, model, request)
        except Exception:  # which `__call__` meets and explains
            return False
        if asked is None:
            return False
        timer = asked.get_loop().call_later(self.settings.limits.timeout, asked.cancel)

        def ended(asked: asyncio.Future[list[Any]]) -> None:
            timer.cancel()
            try:
                body = _encoded(answers.neighbours_of_one(asked.result()))
            except (Exception, asyncio.CancelledError):
                done(None)
            else:
                answered(body)

        asked.add_done_callback(ended)
        return True

    @asynccontextmanager
    async def _life(self, app: Any) -> AsyncIterator[None]:
        """From the first request to the last: threads, and a look at the files now and then."""
        loop = asyncio.get_running_loop()
        with thread_pool(JOBS + self.settings.threads) as pool:
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

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with what it asks for or with a problem."""
        own, scope["path_params"] = self._addresses.find(scope)
        if own is None:
            await problem(404, "the address must be one of those that /docs lists")(scope, receive, send)
            return
        method = scope["method"]
        route = own.get("GET" if method == "HEAD" else method)
        if route is None:
            allowed = {"Allow": ", ".join([*own, *(["HEAD"] if "GET" in own else [])])}
            text = f"the method must be {' or '.join(own)} here; got {method:.20}"
            await problem(405, text, allowed)(scope, receive, send)
            return
        scope["wordvec.route"] = route.name
        body: bytes | Lines
        try:
            if not route.is_open and not self._has_token(scope):
                text = "a request must have the header Authorization: Bearer TOKEN, with the token"
                raise Refused(401, text, {"WWW-Authenticate": "Bearer"})
            if route.name in _FILES:
                status, body, headers = self.assets.answer(scope["path_params"].get("file"), scope)
            else:
                status, (body, kind) = 200, await self.answer(route, scope, receive)
                headers = [(b"content-type", kind.encode())]
                headers += [] if isinstance(body, Lines) else [(b"content-length", b"%d" % len(body))]
        except Exception as error:
            await self._problem(error)(scope, receive, send)
            return
        if isinstance(body, Lines):
            await stream(body, self._problem, scope, receive, send)
            return
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _has_token(self, scope: Scope) -> bool:
        """Whether a request brings the token, where there is one."""
        if self._token is None:
            return True
        return hmac.compare_digest(dict(scope["headers"]).get(b"authorization", b""), self._token)

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
            known = answers.known_vector(model, word)
            if known is not None:
                return known, _JSON
            return _encoded(await self.work.in_thread(lambda: answers.unknown_vector(model, word))), _JSON
        request, kind = None, route.request
        if kind is not None:
            is_get = route.method == "GET"
            given = _parameters(scope["query_string"], kind) if is_get else await self._body(scope, receive)
            request = self._checked(given, kind)
        assert route.answer is not None
        if iscoroutinefunction(route.answer):
            found = await route.answer(self.work, model, request)
            return found if isinstance(found, (bytes, Lines)) else _encoded(found), route.kind
        return await self.work.in_thread(lambda: _encoded(route.answer(self.work, model, request))), _JSON  # type: ignore[misc]

    def _checked(self, given: dict[str, Any] | bytes, kind: type[messages.Request]) -> Any:
        """A request from its parameters or its body; Refused where it is not as its structure says, or has too much."""
        try:
            if isinstance(given, bytes):
                request = msgspec.json.decode(given, type=kind)
            else:
                request = msgspec.convert(given, kind, strict=False)
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
        if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
            raise Refused(415, "a body must be sent as it is, without a Content-Encoding")
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

    def _problem(self, error: Exception) -> Response:
        """What a client is told of an error: our messages, and nothing of the server's files."""
        if isinstance(error, Refused):
            return problem(error.status, error.detail, error.headers)
        text = self.models.without_paths(str(error))
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


def _encoded(answer: messages.Answer) -> bytes:
    """An answer as JSON; bytes of words that are no UTF-8 become U+FFFD, as JSON cannot have them."""
    try:
        return _ENCODER.encode(answer)
    except UnicodeEncodeError:
        return _ENCODER.encode(messages.readable(msgspec.to_builtins(answer)))


def _parameters(query: bytes, kind: type[messages.Request]) -> dict[str, Any]:
    """The parameters of an address by name; those that are lists in the structure may be repeated."""
    if query.count(b"&") >= _PARAMETERS:
        raise Refused(400, f"an address must have at most {_PARAMETERS} parameters: ask by POST")
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
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
