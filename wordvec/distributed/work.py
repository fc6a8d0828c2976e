"""Tasks on an executor: results in order, errors that name the host, and what was lost is made again."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any, NamedTuple

from numpy.typing import NDArray

from wordvec.base.errors import CorpusError, OptionError, OutputError, TrainingError, WordvecError
from wordvec.base.progress import progress_bar
from wordvec.distributed.store import Lost, Store

ATTEMPTS = 5  # to run a task whose inputs are lost again and again


class Call(NamedTuple):
    """A function and its arguments, which any worker can run: it depends on nothing else."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    name: str = ""  # under which it stores arrays
    here: bool = False  # run by this process, as for text that only it can read


class Work:
    """Runs calls on an executor. A call that finds an input lost is run again, after the call that makes the input."""

    def __init__(self, executor: Executor) -> None:
        if not callable(getattr(executor, "submit", None)):
            raise OptionError(
                f"executor must have submit(function, ...), as a ProcessPoolExecutor and client.get_executor() of Dask "
                f"have; got a {type(executor).__name__}"
            )
        self.executor = executor
        self.workers: int | None = getattr(executor, "_max_workers", None)  # None where it is not known
        self._makers: dict[str, Call] = {}

    def results(
        self, calls: Iterable[Call], ahead: int | None = None, what: str = "", show: bool = False
    ) -> Iterator[Any]:
        """The results of calls in their order; at most `ahead` of them are waiting, all of them when None.

        With `show`, a bar says how many are done; `what` names them.
        """
        waiting: deque[tuple[Call, Future[Any]]] = deque()
        try:
            with progress_bar(None, show, what, " parts") as bar:
                for call in calls:
                    self.know(call)
                    waiting.append((call, self._start(call)))
                    while waiting and (len(waiting) >= (ahead or 1 << 62) or waiting[0][1].done()):
                        yield self._result(*waiting.popleft())
                        _ = bar is not None and bar.update(1)
                while waiting:
                    yield self._result(*waiting.popleft())
                    _ = bar is not None and bar.update(1)
        finally:
            for _, future in waiting:
                future.cancel()

    def done(self, calls: Iterable[Call], **options: Any) -> list[Any]:
        """The results of calls as a list."""
        return list(self.results(calls, **options))

    def here(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function in this process; what it finds lost is made again."""
        return self._result(call := Call(function, arguments, here=True), self._start(call))

    def know(self, call: Call) -> None:
        """Remember how what has a name is made, in case it is lost."""
        if call.name:
            self._makers[call.name] = call

    def put_here(self, store: Store, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        """Store arrays of this process, which keeps them for the case that they are lost."""
        self.know(Call(store.put, (name, arrays), name, here=True))
        store.put(name, arrays)

    def make(self, lost: Lost) -> None:
        """Make again what was lost; `lost` is raised where nothing is known to make it."""
        call = self._makers.get(lost.name)
        if call is None:
            raise lost
        self._result(call, self._start(call))

    def forget(self, prefix: str) -> None:
        """Forget how names that begin with a prefix are made."""
        for name in [name for name in self._makers if name.startswith(prefix)]:
            del self._makers[name]

    def _start(self, call: Call) -> Future[Any]:
        if not call.here:
            return self.executor.submit(_run, call.function, call.arguments)
        future: Future[Any] = Future()
        try:
            future.set_result(call.function(*call.arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def _result(self, call: Call, future: Future[Any]) -> Any:
        for _ in range(ATTEMPTS):
            try:
                return future.result()
            except Lost as lost:
                self.make(lost)
                future = self._start(call)
            except BrokenExecutor as error:
                raise WordvecError(
                    f"the workers must live until the work is done; one has ended ({error}), and this executor with "
                    "it: give each less to do at a time (more parts, fewer workers), or use Dask, which starts it again"
                ) from error
        return future.result()


def _run(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """What a worker runs: errors of ours name its host."""
    try:
        return function(*arguments)
    except (Lost, OutputError):  # which names the host itself
        raise
    except (CorpusError, OptionError, TrainingError) as error:
        raise _named(error) from error
    except MemoryError as error:
        raise WordvecError(
            f"on {socket.gethostname()}: memory must suffice for a part; it does not: give more parts, "
            "or fewer workers a machine"
        ) from error
    except OSError as error:
        raise WordvecError(f"on {socket.gethostname()}: {error}") from error


def _named(error: WordvecError) -> WordvecError:
    host = socket.gethostname()
    return error if host in str(error) else type(error)(f"on {host}: {error}")
