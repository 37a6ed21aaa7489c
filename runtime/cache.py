"""Answers that may be a little old, kept in Redis under keys of their own. It may be empty, away or
full of nonsense at any time: that only costs the work of answering anew."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import redis

PREFIX: Final = "publishing:figures:1:"
SECONDS: Final = 60
PATIENCE: Final = 0.25  # seconds; longer would be slower than asking the database


@dataclass(slots=True)
class Cache:
    """Connects when used. ``client=None`` keeps nothing."""

    client: redis.Redis | None

    @classmethod
    def at(cls, url: str | None) -> Cache:
        if url is None:
            return cls(None)
        waits = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        return cls(redis.Redis.from_url(url, **waits, retry=None))

    def get(self, key: str) -> Any:
        """What JSON is kept under ``key``; None when there is none."""
        if self.client is None:
            return None
        try:
            kept = self.client.get(PREFIX + key)
            return None if kept is None else json.loads(kept)
        except (redis.RedisError, ValueError):
            return None

    def put(self, key: str, value: Any) -> None:
        """Keep it for a minute, if that can be done."""
        if self.client is None:
            return
        try:
            self.client.set(PREFIX + key, json.dumps(value), ex=SECONDS)
        except redis.RedisError:
            return

    def close(self) -> None:
        if self.client is not None:
            self.client.close()
