"""From settings to running processes: the socket, one worker or several that share it, signals, and slow clients."""

from __future__ import annotations

import os
import signal
import socket
import sys
from dataclasses import replace
from functools import partial
from typing import Any

from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from wordvec.base.errors import WordvecError
from wordvec.serve.metrics import shared_counts
from wordvec.serve.models import Models
from wordvec.serve.routes import ROUTES
from wordvec.serve.service import Service
from wordvec.serve.settings import Settings

_CONNECTIONS = 2048  # of a worker; more are answered with 503
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

    def close(self) -> None:
        """Write what is left, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            self._transport.write(b"".join(self._parts))
            self._parts.clear()


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol, but a connection on which no request comes to the end of its header in time is closed."""

    config: _Config
    _timer: Any = None

    def connection_made(self, transport: Any) -> None:
        """Start the time."""
        super().connection_made(transport)
        self.transport: Any = _Together(transport, self.loop)
        self._timer = self.loop.call_later(self.config.header_seconds, self._late)

    def data_received(self, data: bytes) -> None:
        """Stop the time where a header is complete, and start it where another one begins."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        elif self._timer is None:
            self._timer = self.loop.call_later(self.config.header_seconds, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def _late(self) -> None:
        self._timer = None
        if self.cycle is None or self.cycle.response_complete:
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
