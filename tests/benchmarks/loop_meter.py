"""Measures how long the callbacks of an event loop keep its thread busy."""

import asyncio
from asyncio.events import Handle
from collections.abc import Iterator
from contextlib import contextmanager
import threading
from time import thread_time
from unittest.mock import patch

_RUN = Handle._run


class LoopMeter:
    """Processor time of each callback in milliseconds, in the order they ran.

    The task that created the meter is not counted: it is the hand that moves the clock.
    Processor time of the loop's own thread says the same on a busy machine as on an idle one.
    """

    def __init__(self) -> None:
        """Begin to count with ``running``."""
        self.callbacks_ms: list[float] = []
        self._ours = asyncio.current_task()
        self._thread = threading.get_ident()

    @contextmanager
    def running(self) -> Iterator[LoopMeter]:
        """Count meanwhile."""
        meter = self

        def run(handle: Handle) -> None:
            if threading.get_ident() != meter._thread or meter._is_the_hand(handle):
                _RUN(handle)
                return
            begun = thread_time()
            _RUN(handle)
            meter.callbacks_ms.append((thread_time() - begun) * 1000.0)

        with patch.object(Handle, "_run", run):
            yield self

    def take(self) -> list[float]:
        """What has run since the last time."""
        taken, self.callbacks_ms = self.callbacks_ms, []
        return taken

    def _is_the_hand(self, handle: Handle) -> bool:
        # A task's steps are methods of the task.
        return getattr(handle._callback, "__self__", None) is self._ours  # type: ignore[attr-defined]  # not in the stub
