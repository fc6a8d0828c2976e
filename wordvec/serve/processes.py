"""From settings to running processes: the socket, one worker or several that share it, signals, and slow clients."""

from __future__ import annotations

import os
import signal
import socket
import sys
from dataclasses import replace
from functools import partial
from typing import Any

from httptools import HttpParserError
from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from wordvec.base.errors import WordvecError
from wordvec.serve.guard import problem
from wordvec.serve.metrics import shared_counts
from wordvec.serve.models import Models
from wordvec.serve.routes import ROUTES
from wordvec.serve.service import Service
from wordvec.serve.settings import Settings

_CONNECTIONS = 2048  # of a worker; more are answered with 503
_HEAD = 1 << 19  # bytes of a request besides its body, at least two reads of the event loop
_HEADERS = 256  # of a request, and behind its chunks
_NO_REQUEST = f"a request must be valid HTTP, with an address of at most 65535 bytes and at most {_HEADERS} headers"
_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(process)d %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        "wordvec": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # it would write a line for each broken request, and let a client fill the log
        "uvicorn": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}


class _Config(Config):
    """uvicorn's, and the seconds that a client has for the header of a request."""

    header_seconds = 10.0
    _of: Any = None
    _head = b""

    def head(self, default: list[tuple[bytes, bytes]]) -> bytes:
        """How what the service answers at once begins, to the length of its body; `default` are headers of uvicorn."""
        if self._of is not default:  # its date is another each second
            headers = [*default, *self.loaded_app.headers]
            lines = [b"HTTP/1.1 200 OK", *(b"%b: %b" % header for header in headers), b"content-length: "]
            self._of, self._head = default, b"\r\n".join(lines)
        return self._head


class _Together:
    """A transport that writes the header and the body of an answer in one go: each by itself wakes the client."""

    def __init__(self, transport: Any, loop: Any) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write the data with what else is written before the event loop goes on."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def write_now(self, data: bytes) -> None:
        """Write a whole answer."""
        self._flush()
        self._transport.write(data)

    def close(self) -> None:
        """Write what is left, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        parts, self._parts = self._parts, []
        if parts and not self._transport.is_closing():  # where the client has gone
            self._transport.write(b"".join(parts))


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with patience that ends, and answers at once where nothing has to be waited for.

    A connection on which no request comes to the end of its header in time is closed, and so is one with a header, or
    with chunks besides the body in them, of more bytes than sense.
    """

    config: _Config
    _timer: Any = None
    _since = 0.0  # when the last header began, or the last answer ended
    _fresh = False  # whether what was just received has started no answer yet
    _size = 0  # bytes since a header began, but for the body

    def connection_made(self, transport: Any) -> None:
        """Start the time."""
        super().connection_made(transport)
        self.transport: Any = _Together(transport, self.loop)
        self._since = self.loop.time()
        self._timer = self.loop.call_later(self.config.header_seconds, self._look)

    def data_received(self, data: bytes) -> None:
        """Read a part of a request, or several requests."""
        self._fresh = True
        super().data_received(data)
        self._size += len(data)
        if self._size > _HEAD and not self.transport.is_closing():
            self._refuse(f"a request must have at most {_HEAD} bytes besides its body")

    def send_400_response(self, msg: str) -> None:
        """What uvicorn calls for bytes that are no request."""
        self._refuse(_NO_REQUEST)

    def _refuse(self, text: str) -> None:
        """Say what is wrong as all problems are said, and close the connection."""
        answer = problem(400, text, {"Connection": "close"})
        lines = [b"HTTP/1.1 400 Bad Request"]
        lines += [b"%b: %b" % header for header in (*self.server_state.default_headers, *answer.raw_headers)]
        self.transport.write(b"\r\n".join((*lines, b"", bytes(answer.body))))
        self.transport.close()

    def on_message_begin(self) -> None:
        """A header begins."""
        self._since, self._size = self.loop.time(), 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of a header, or of what follows the last chunk."""
        if len(self.headers) >= _HEADERS:
            raise HttpParserError("too many headers")
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """A part of a body."""
        self._size -= len(body)
        super().on_body(body)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """Answer here where that can be: the task would cost more than the answer.

        Of requests that came together only the first is answered here, so that others get their turn, and no answer
        starts the next within itself.
        """
        is_first, self._fresh = self._fresh, False
        may = is_first and app is self.app and not self.flow.write_paused
        if not (may and app.at_once(cycle.scope, partial(self._answer, cycle))):
            super()._start_asgi_task(cycle, app)

    def _answer(self, cycle: Any, body: bytes | None) -> None:
        if self.transport.is_closing():  # the client has gone
            return
        if body is None:
            super()._start_asgi_task(cycle, self.app)
            return
        cycle.response_started = cycle.response_complete = True
        end = b"%d\r\n\r\n" if cycle.keep_alive else b"%d\r\nconnection: close\r\n\r\n"
        head = self.config.head(self.server_state.default_headers)
        self.transport.write_now(b"".join((head, end % len(body), body)))
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def on_response_complete(self) -> None:
        """An answer has ended."""
        self._since = self.loop.time()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Close the connection where a header, or the next one, has not come; else look again later."""
        left = self._since + self.config.header_seconds - self.loop.time()
        if self.cycle is not None and not self.cycle.response_complete:
            left = self.config.header_seconds
        if left > 0:
            self._timer = self.loop.call_later(left, self._look)
        else:
            self._timer = None
            self.transport.close()


class _Workers(Multiprocess):
    """uvicorn's processes that share a socket; SIGHUP goes to each, which opens its models again and goes on."""

    def handle_hup(self) -> None:
        for process in self.processes:
            if process.pid is not None and process.is_ready(timeout=1):  # one that starts opens what is there
                os.kill(process.pid, signal.SIGHUP)


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; WordvecError where the address cannot be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except (OSError, UnicodeError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WordvecError(
            f"the service must be able to listen at {host}:{port}; {reason}: give another port"
        ) from None


def run(settings: Settings, models: Models, listener: socket.socket, workers: int) -> None:
    """Answer until SIGTERM or SIGINT; requests that are under way then are answered first.

    One worker is this process, with the models that it has opened; several are processes of their own, which open
    them for themselves: of a mapped file, they share the pages.
    """
    options: dict[str, Any] = {
        "http": PatientProtocol,
        "ws": "none",
        "log_config": _LOGGING,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "limit_concurrency": _CONNECTIONS,
        "timeout_graceful_shutdown": int(settings.limits.timeout) + 1,
        "workers": workers,
    }
    settings = replace(settings, terminal=sys.stderr.isatty())
    if workers == 1:
        server = Server(_configured(settings, Service(settings, models), **options))
        server.run([listener])
        if not server.started:
            raise WordvecError("the service could not start; the log says why")
        return
    counts = shared_counts(workers, len(ROUTES) + 1)
    own = replace(settings, counts=counts, parent=os.getpid())
    supervisor = _Workers(_configured(own, partial(Service, own), factory=True, **options), [listener])
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise WordvecError("a worker could not start; the log says why")


def _configured(settings: Settings, application: Any, **options: Any) -> _Config:
    config = _Config(application, **options)
    config.header_seconds = settings.limits.timeout
    return config
