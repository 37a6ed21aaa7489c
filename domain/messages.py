"""What crosses the queue. A message is a doorbell: it names a row and a dispatch, nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Protocol
from uuid import UUID

from domain.content import Platform

ACTOR: Final = "publish"
QUEUES: Final = tuple(f"publish-{platform}" for platform in Platform)
CHECK_ACTOR: Final = "check"
CHECK_QUEUE: Final = "check"
SYNC_ACTOR: Final = "collect"
UPKEEP_ACTOR: Final = "look_after"
UPKEEP_QUEUE: Final = "account-upkeep"
SYNC_QUEUES: Final = tuple(f"analytics-{platform}" for platform in Platform)


class Doorbell(Protocol):
    """What the broker carries: which actor is to look at which row."""

    @property
    def actor(self) -> str: ...
    @property
    def queue(self) -> str: ...
    @property
    def message_id(self) -> str: ...
    @property
    def arguments(self) -> tuple[str, int | str]: ...


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One sending of one publication; a later dispatch makes every earlier one void."""

    actor: ClassVar[str] = ACTOR
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

    @property
    def arguments(self) -> tuple[str, int]:
        return str(self.publication_id), self.number


@dataclass(frozen=True, slots=True)
class _AccountCall:
    account_id: UUID
    number: int

    @property
    def message_id(self) -> str:
        return f"{self.account_id}.{self.number}"

    @property
    def arguments(self) -> tuple[str, int]:
        return str(self.account_id), self.number


@dataclass(frozen=True, slots=True)
class SyncDispatch(_AccountCall):
    """One reading of what is due of an account; a later dispatch makes every earlier one void."""

    actor: ClassVar[str] = SYNC_ACTOR
    platform: Platform

    @property
    def queue(self) -> str:
        return f"analytics-{self.platform}"


@dataclass(frozen=True, slots=True)
class UpkeepCall(_AccountCall):
    """One look at one account, claimed under ``number``; a look too many finds nothing to do."""

    actor: ClassVar[str] = UPKEEP_ACTOR
    queue: ClassVar[str] = UPKEEP_QUEUE


@dataclass(frozen=True, slots=True)
class Check:
    """A look at what an account has published lately. Twice rung, the second finds nothing due."""

    actor: ClassVar[str] = CHECK_ACTOR
    queue: ClassVar[str] = CHECK_QUEUE
    account_id: UUID
    platform: Platform

    @property
    def message_id(self) -> str:
        return f"{self.account_id}.check"

    @property
    def arguments(self) -> tuple[str, str]:
        return str(self.account_id), self.platform
