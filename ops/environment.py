"""What a command needs of the settings: only that, so that a listing needs no keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from db.engine import Engine, make_engine
from db.seal import Keyring
from runtime.settings import Parser, parse_keys, parse_url, read_one


@dataclass(frozen=True, slots=True)
class Environment:
    """Opens what a command asks for. Raises `SettingsInvalid`."""

    variables: Mapping[str, str]

    def engine(self) -> Engine:
        url = self._read("DATABASE_URL", parse_url("postgresql", "postgres"))
        return make_engine(url, application_name="ops")

    def keyring(self) -> Keyring:
        return Keyring.parse(self._read("TOKEN_KEYS", parse_keys))

    def redis_url(self) -> str | None:
        """None when it is not set: queue depths are then left out."""
        if not self.variables.get("REDIS_URL"):
            return None
        return self._read("REDIS_URL", parse_url("redis", "rediss"))

    def _read(self, name: str, parse: Parser[str]) -> str:
        return read_one(self.variables, name, parse)
