"""What the environment decides, read once by each process and checked as a whole."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

from domain.content import Platform

T = TypeVar("T")
Parser: TypeAlias = Callable[[str], T]

PLATFORM_URLS: Final[Mapping[Platform, str]] = {
    Platform.THREADS: "https://graph.threads.net",
    Platform.INSTAGRAM: "https://graph.instagram.com",
    Platform.TWITTER: "https://api.x.com",
    Platform.FACEBOOK: "https://graph.facebook.com",
    Platform.LINKEDIN: "https://api.linkedin.com",
    Platform.TIKTOK: "https://open.tiktokapis.com",
}

# Instagram accounts that were connected by a Facebook login (metadata ``{"login": "facebook"}``).
OTHER_URLS: Final[Mapping[str, str]] = {"instagram_facebook": "https://graph.facebook.com"}


class SettingsInvalid(Exception):
    """The environment is not usable; the message lists every fault at once."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(["these settings are missing or malformed:", *faults]))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class PlatformSettings:
    """Where a platform is reached, the application registered there (for token refresh), and how
    many posts in its window it is granted (None: as published; 0: no cap)."""

    url: str
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    app_cap: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of every process. No secret shows in its repr."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    token_keys: str = field(repr=False)
    platforms: Mapping[Platform, PlatformSettings]
    other_urls: Mapping[str, str]
    late_window: timedelta
    late_spacing: timedelta
    max_retries: int
    media_allow_private: bool
    log_level: str

    @property
    def base_urls(self) -> Mapping[str, str]:
        """By platform, and by name where a platform has more than one."""
        return {name: at.url for name, at in self.platforms.items()} | dict(self.other_urls)


REMEDIES: Final = {
    "DATABASE_URL": "postgresql://user@host:5432/name",
    "REPLICA_URL": "postgresql://user@host:5432/name, or leave it out to read from DATABASE_URL",
    "REDIS_URL": "redis://host:6379/1, a database number of its own",
    "TOKEN_KEYS": "<key id>:<base64 of 32 bytes>[,<older key>…]; `publishing keys new` makes one",
    "LATE_WINDOW": "a number and a unit, such as 90m or 6h",
    "LATE_SPACING": "a number and a unit, such as 0s or 2m",
    "MAX_RETRIES": "a whole number, 0 or more",
    "MEDIA_ALLOW_PRIVATE": "1 (also http and private addresses) or 0",
    "LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
}


def from_environ(environ: Mapping[str, str]) -> Settings:
    """Read and check everything. Raises `SettingsInvalid` with all faults, none of which repeats
    a value that may be secret."""
    faults: list[str] = []

    def read(name: str, parse: Parser[T], default: str | None = None) -> T:
        try:
            return read_one(environ, name, parse, default)
        except SettingsInvalid as fault:
            faults.extend(fault.faults)
            return _ABSENT  # type: ignore[return-value]  # never seen: faults raise below

    settings = Settings(
        database_url=read("DATABASE_URL", parse_url("postgresql", "postgres")),
        redis_url=read("REDIS_URL", parse_url("redis", "rediss")),
        token_keys=read("TOKEN_KEYS", parse_keys),
        platforms={
            platform: PlatformSettings(
                read(f"{platform.upper()}_URL", parse_url("https", "http"), default),
                environ.get(f"{platform.upper()}_CLIENT_ID"),
                environ.get(f"{platform.upper()}_CLIENT_SECRET"),
                read(f"{platform.upper()}_APP_CAP", _cap, "published"),
            )
            for platform, default in PLATFORM_URLS.items()
        },
        other_urls={
            name: read(f"{name.upper()}_URL", parse_url("https", "http"), default)
            for name, default in OTHER_URLS.items()
        },
        late_window=read("LATE_WINDOW", _duration, "6h"),
        late_spacing=read("LATE_SPACING", _duration, "2m"),
        max_retries=read("MAX_RETRIES", _count, "12"),
        media_allow_private=read("MEDIA_ALLOW_PRIVATE", _switch, "0"),
        log_level=read("LOG_LEVEL", _level, "INFO"),
    )
    if faults:
        raise SettingsInvalid(faults)
    return settings


def read_one(
    environ: Mapping[str, str], name: str, parse: Parser[T], default: str | None = None
) -> T:
    """One setting. Raises `SettingsInvalid` with its name and what it should be."""
    remedy = REMEDIES.get(name, f"leave it out for {default}")
    value = environ.get(name) or default
    if value is None:
        raise SettingsInvalid([f"  {name} is not set: {remedy}"])
    try:
        return parse(value)
    except ValueError as fault:
        raise SettingsInvalid([f"  {name} {fault}: {remedy}"]) from None


_ABSENT: Final = object()


def parse_url(*schemes: str) -> Parser[str]:
    """A URL of one of these schemes, with a host."""

    def parse(value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme.partition("+")[0] not in schemes or not parts.hostname:
            raise ValueError(f"is not a {schemes[0]} URL with a host")
        return value.rstrip("/")

    return parse


def parse_keys(value: str) -> str:
    """Entries for `db.seal.Keyring`, checked for their form."""
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


def _cap(value: str) -> int | None:
    return None if value == "published" else _count(value)


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
