"""The ledger of what was tried: its words, as stored; schema.sql says what each means."""

from __future__ import annotations

from enum import StrEnum


class AttemptPhase(StrEnum):
    """How far the work had come."""

    PREPARE = "prepare"
    PUBLISH = "publish"
    SETTLE = "settle"
    VERIFY = "verify"


class AttemptEvent(StrEnum):
    """What happened."""

    INTENT = "intent"
    PUBLISHED = "published"
    WAITING = "waiting"
    RETRY = "retry"
    UNKNOWN = "unknown"
    ABSENT = "absent"
    FAILED = "failed"
    LOST = "lost"
    REMOVED = "removed"
