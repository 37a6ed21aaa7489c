"""What the environment decides, read once by each process and checked as a whole."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeVar
from urllib.parse import urlsplit

from domain.content import Platform

T = TypeVar("T")

PLATFORM_URLS: Final[Mapping[Platform, str]] = {
    Platform.THREADS: "https://graph.threads.net",
    Platform.INSTAGRAM: "https://graph.instagram.com",
    Platform.TWITTER: "https://api.x.com",
    Platform.FACEBOOK: "https://graph.facebook.com",
    Platform.LINKEDIN: "https://api.linkedin.com",
    Platform.TIKTOK: "https://open.tiktokapis.com",
}


class SettingsInvalid(Exception):
    """The environment is not usable; the message lists every fault at once."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(["these settings are missing or malformed:", *faults]))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class PlatformSettings:
    """Where a platform is reached, and the application registered there (for token refresh)."""

    url: str
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of every process. No secret shows in its repr."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    token_keys: str = field(repr=False)
    platforms: Mapping[Platform, PlatformSettings]
    late_window: timedelta
    max_retries: int
    media_allow_private: bool
    log_level: str


def from_environ(environ: Mapping[str, str]) -> Settings:
    """Read and check everything. Raises `SettingsInvalid` with all faults, none of which repeats
    a value that may be secret."""
    faults: list[str] = []

    def read(name: str, parse: Callable[[str], T], default: str | None, remedy: str) -> T:
        value = environ.get(name) or default
        if value is None:
            faults.append(f"  {name} is not set: {remedy}")
        else:
            try:
                return parse(value)
            except ValueError as fault:
                faults.append(f"  {name} {fault}: {remedy}")
        return _ABSENT  # type: ignore[return-value]  # never seen: faults raise below

    settings = Settings(
        database_url=read(
            "DATABASE_URL", _url("postgresql", "postgres"), None, "postgresql://user@host:5432/name"
        ),
        redis_url=read(
            "REDIS_URL",
            _url("redis", "rediss"),
            None,
            "redis://host:6379/1, a database number of its own",
        ),
        token_keys=read(
            "TOKEN_KEYS",
            _keys,
            None,
            "<key id>:<base64 of 32 bytes>[,<older key>…]; make one with `publishing keys new`",
        ),
        platforms={
            platform: PlatformSettings(
                url=read(
                    f"{platform.upper()}_URL",
                    _url("https", "http"),
                    PLATFORM_URLS[platform],
                    f"leave it out for {PLATFORM_URLS[platform]}",
                ),
                client_id=environ.get(f"{platform.upper()}_CLIENT_ID"),
                client_secret=environ.get(f"{platform.upper()}_CLIENT_SECRET"),
            )
            for platform in Platform
        },
        late_window=read("LATE_WINDOW", _duration, "6h", "a number and a unit, such as 90m or 6h"),
        max_retries=read("MAX_RETRIES", _count, "12", "a whole number, 0 or more"),
        media_allow_private=read("MEDIA_ALLOW_PRIVATE", _switch, "0", "1 or 0"),
        log_level=read("LOG_LEVEL", _level, "INFO", "DEBUG, INFO, WARNING or ERROR"),
    )
    if faults:
        raise SettingsInvalid(faults)
    return settings


_ABSENT: Final = object()


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme.partition("+")[0] not in schemes or not parts.hostname:
            raise ValueError(f"is not a {schemes[0]} URL with a host")
        return value.rstrip("/")

    return parse


def _keys(value: str) -> str:
    for position, entry in enumerate(value.split(","), 1):
        key_id, _, key = entry.strip().partition(":")
        try:
            size = len(base64.b64decode(key, altchars=b"-_", validate=True))
        except binascii.Error:
            size = 0
        if not key_id or size != 32:
            raise ValueError(f"has a malformed key at place {position}")
    return value


def _duration(value: str) -> timedelta:
    found = re.fullmatch(r"(\d+)([smhd])", value.strip())
    if not found:
        raise ValueError("is not a duration")
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    return timedelta(**{units[found.group(2)]: int(found.group(1))})


def _count(value: str) -> int:
    if not value.isdecimal():
        raise ValueError("is not a whole number")
    return int(value)


def _switch(value: str) -> bool:
    if value not in ("0", "1"):
        raise ValueError("is neither 1 nor 0")
    return value == "1"


def _level(value: str) -> str:
    if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("is not a level")
    return value.upper()
