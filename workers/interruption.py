"""An orderly end in the middle of a flow: between two of its steps, before its announcement."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Final, TypeVar

from domain.failures import Failure
from platforms.flow import Reply, Step

R = TypeVar("R")

NEVER: Final = threading.Event()


class Interrupted(Exception):
    """The process is about to end: the flow was left before its next step."""


def interruptible(
    flow: Generator[Step, Reply, R], must_stop: Callable[[], bool]
) -> Generator[Step, Reply, R]:
    """The same flow, which raises `Interrupted` in place of its next step once ``must_stop``."""
    try:
        step = next(flow)
        while True:
            if must_stop():
                raise Interrupted
            try:
                reply = yield step
            except Failure as failure:
                step = flow.throw(failure)
            else:
                step = flow.send(reply)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # it is R by the flow's type
    finally:
        flow.close()
