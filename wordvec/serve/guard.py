"""What stands before every request: the host it calls the server by, its rate and time; and headers of every answer."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wordvec.serve.messages import Problem
from wordvec.serve.metrics import Metrics
from wordvec.serve.settings import Settings

# The page and all it loads come from the server itself, and nothing of it is inline.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
SINCE = "wordvec.since"  # in the scope: when the request came, where its time began before the guard met it
EXTEND = "wordvec.extend"  # in the scope: gives a request so many seconds from now, in place of those it has left
_UNKEPT = (b"cache-control", b"no-store")
CACHED = "wordvec.cached"  # in the scope of a request whose answer says itself how long it may be kept
_CLIENTS = 10_000  # whose rate is remembered
_MOST = 1000  # characters of what a problem says, as it may name a long word


class Refused(Exception):
    """A request that is not answered: a status, why, and headers."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A response that says what is wrong (RFC 9457)."""
    readable = detail[:_MOST].encode("utf-8", "replace").decode()
    body = msgspec.json.encode(Problem(HTTPStatus(status).phrase, status, readable))
    return Response(body, status, headers, media_type="application/problem+json")


class Rate:
    """At most so many requests a second of one client, after a first burst of twice as many."""

    def __init__(self, rate: float) -> None:
        self.rate, self.burst = rate, max(1.0, 2 * rate)
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str, now: float) -> float:
        """The seconds until a client may ask again; 0 where it may now, which then counts as asked."""
        left, since = self._clients.pop(client, (self.burst, now))
        left = min(self.burst, left + (now - since) * self.rate)
        allowed = left >= 1
        self._clients[client] = (left - 1 if allowed else left, now)
        if len(self._clients) > _CLIENTS:
            self._clients.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self.rate


class Guard:
    """The outermost application: it refuses, ends what takes too long, adds headers, and counts."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self.app, self.metrics, self.timeout = app, metrics, settings.limits.timeout
        self.hosts = None if settings.hosts is None else frozenset(map(str.lower, settings.hosts))
        self.rate = None if settings.limits.rate is None else Rate(settings.limits.rate)
        self.kept = [h for h in _HEADERS if not settings.origins or h[0] != b"cross-origin-resource-policy"]
        self.headers = [*self.kept, _UNKEPT]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        now = time.perf_counter()
        start = scope.get(SINCE, now)
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = self.kept if CACHED in scope else self.headers
                message = {**message, "headers": [*message.get("headers", ()), *own]}
            await send(message)

        late: list[bool] = []
        task: Any = asyncio.current_task()

        def end() -> None:
            late.append(True)
            task.cancel()

        timer = asyncio.get_running_loop().call_later(self.timeout - (now - start), end)

        def extend(seconds: float) -> None:
            nonlocal timer
            timer.cancel()
            timer = asyncio.get_running_loop().call_later(seconds, end)

        scope[EXTEND] = extend
        try:
            refusal = self._refusal(scope, now)
            await (refusal or self.app)(scope, receive, sending)
        except asyncio.CancelledError:
            if not late:
                if not status:
                    status = 499  # the client has gone
                    return
                raise
            getattr(task, "uncancel", int)()
            if not status:
                text = f"a request must end within {self.timeout:g} seconds: ask for less, or again later"
                await problem(503, text, {"Retry-After": "1", "Connection": "close"})(scope, receive, sending)
        finally:
            timer.cancel()
            self.metrics.request(scope.get("wordvec.route", "other"), status or 500, time.perf_counter() - start)

    def _refusal(self, scope: Scope, now: float) -> Response | None:
        """The answer to a request that is refused before it is read."""
        if self.hosts is not None and not self.is_called_right(scope):
            return problem(421, f"the Host of a request must be one of {', '.join(sorted(self.hosts))} here")
        # the files of the explorer are many, small, and kept by browsers
        if self.rate is not None and not scope["path"].removeprefix(scope.get("root_path", "")).startswith("/assets/"):
            wait = self.rate.wait((scope.get("client") or ("",))[0], now)
            if wait:
                after = {"Retry-After": str(int(wait) + 1)}
                return problem(429, f"a client must ask at most {self.rate.rate:g} times a second here", after)
        return None

    def is_called_right(self, scope: Scope) -> bool:
        """Whether a request calls the server by one name, and that is its own."""
        if self.hosts is None:
            return True
        named = [value for name, value in scope["headers"] if name == b"host"]
        return len(named) == 1 and host_of(named[0]) in self.hosts


@lru_cache(256)
def host_of(value: bytes) -> str:
    """The name in a Host header, without the port.

    >>> host_of(b"LocalHost:80"), host_of(b"[::1]:80"), host_of(b"a.b.")
    ('localhost', '::1', 'a.b')
    """
    name = value[:300].decode("latin-1").lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].rstrip(".")
