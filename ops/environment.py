"""What a command needs of the settings: only that, so that a listing needs no keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from db.engine import Engine, make_engine
from db.seal import Keyring
from runtime.settings import parse_keys, parse_url, read_one


@dataclass(slots=True)
class Environment:
    """Opens what a command asks for, and closes it. Raises `SettingsInvalid`."""

    variables: Mapping[str, str]
    opened: str = "DATABASE_URL"  # the setting of the database that was asked for last
    _engines: list[Engine] = field(default_factory=list)

    def engine(self) -> Engine:
        self.opened = "DATABASE_URL"
        url = read_one(self.variables, "DATABASE_URL", parse_url("postgresql", "postgres"))
        self._engines.append(make_engine(url, application_name="ops"))
        return self._engines[-1]

    def reading(self) -> Engine:
        """For figures: the replica of REPLICA_URL, if there is one."""
        if not self.variables.get("REPLICA_URL"):
            return self.engine()
        self.opened = "REPLICA_URL"
        url = read_one(self.variables, "REPLICA_URL", parse_url("postgresql", "postgres"))
        self._engines.append(make_engine(url, application_name="ops"))
        return self._engines[-1]

    def keyring(self) -> Keyring:
        return Keyring.parse(read_one(self.variables, "TOKEN_KEYS", parse_keys))

    def redis_url(self) -> str | None:
        """None when it is not set: queue depths are then left out."""
        if not self.variables.get("REDIS_URL"):
            return None
        return read_one(self.variables, "REDIS_URL", parse_url("redis", "rediss"))

    def close(self) -> None:
        for engine in self._engines:
            engine.dispose()
