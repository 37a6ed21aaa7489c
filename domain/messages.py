"""What crosses the queue. A message is a doorbell: it names a row and a dispatch, nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.content import Platform

ACTOR: Final = "publish"
QUEUES: Final = tuple(f"publish-{platform}" for platform in Platform)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One sending of one publication; a later dispatch makes every earlier one void."""

    publication_id: UUID
    number: int
    platform: Platform

    @property
    def queue(self) -> str:
        """A queue per platform, so that a slow one holds up no other."""
        return f"publish-{self.platform}"

    @property
    def message_id(self) -> str:
        """The same for the same dispatch, so that the broker can be asked whether it has it."""
        return f"{self.publication_id}.{self.number}"
