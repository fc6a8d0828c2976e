"""What answers are made with: the opened models, threads, and for each model what gathers its queries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from wordvec.serve.batching import Batcher, Overloaded
from wordvec.serve.metrics import Metrics
from wordvec.serve.models import Model, Models
from wordvec.serve.settings import Settings


class Work:
    """The models and threads of one worker; `pool` is there from the start of the service to its end."""

    def __init__(self, settings: Settings, models: Models, metrics: Metrics) -> None:
        self.settings, self.models, self.metrics = settings, models, metrics
        self.pool: Executor | None = None
        self.is_drawing = False  # a map that takes long: one at a time
        self._jobs = 0

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        """What `work` returns, while the event loop answers others; Overloaded where too much waits already."""
        assert self.pool is not None
        if self._jobs >= self.settings.limits.max_waiting:
            raise Overloaded
        self._jobs += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.pool, work)
        finally:
            self._jobs -= 1

    def batcher(self, model: Model) -> Batcher:
        """What gathers the queries to a model: one scan at a time, as it uses all threads; by an index, each alone."""
        if model.batcher is None:
            lanes = {} if model.index is None else {"lanes": model.threads, "most": 1}
            waiting = self.settings.limits.max_waiting
            model.batcher = Batcher(self.in_thread, **lanes, waiting=waiting, noted=self.metrics.scan)
        return model.batcher
