"""Back-pressure: how much more the queue of each platform takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final

from domain.content import Platform
from domain.messages import Dispatch
from runtime.broker import DoorbellBroker

QUEUE_ROOM: Final = 1000
LOOK_EVERY: Final = 0.1


@dataclass(slots=True)
class Rooms:
    """Looked up in Redis ten times a second, and counted in between. Other schedulers fill the same
    queues meanwhile: a queue holds no more than a thousand messages for each of them."""

    _left: dict[Platform, int] = field(default_factory=dict)
    _looked_at: float = -inf

    def look(self, now: float, broker: DoorbellBroker) -> None:
        """Unless that was just now. Raises `BrokerUnreachable`."""
        if now - self._looked_at >= LOOK_EVERY:
            depths = broker.depths()
            self._left = {one: QUEUE_ROOM - depths[f"publish-{one}"] for one in Platform}
            self._looked_at = now

    def left(self) -> Mapping[Platform, int]:
        """No more than a few seconds of work waits in a queue. One that is more than half full
        takes none, so that a backlog goes out in large batches."""
        return {one: left if left >= QUEUE_ROOM // 2 else 0 for one, left in self._left.items()}

    def full(self) -> bool:
        """Whether some queue takes none."""
        return 0 in self.left().values()

    def take(self, dispatches: Sequence[Dispatch]) -> None:
        """These went into the queues."""
        for dispatch in dispatches:
            self._left[dispatch.platform] -= 1
