"""Settings are checked as a whole, and never repeated when they may be secret."""

from __future__ import annotations

from datetime import timedelta

import pytest
import structlog

from domain.content import Platform
from runtime import log
from runtime.settings import SettingsInvalid, from_environ
from tests.make import TOKEN_KEYS

GOOD = {
    "DATABASE_URL": "postgresql://u:pass-word@host/db",
    "REDIS_URL": "redis://host:6379/1",
    "TOKEN_KEYS": TOKEN_KEYS,
}


def test_what_is_left_out_has_a_default():
    settings = from_environ(GOOD)
    assert settings.late_window == timedelta(hours=6)
    assert settings.platforms[Platform.TWITTER].url == "https://api.x.com"
    assert not settings.media_allow_private


def test_the_repr_holds_no_secret():
    settings = from_environ({**GOOD, "TWITTER_CLIENT_SECRET": "sesame"})
    for secret in ("pass-word", "sesame", TOKEN_KEYS):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://u:pass-word@host/db"),
        ("DATABASE_URL", "pass-word"),
        ("REDIS_URL", "http://pass-word"),
        ("TOKEN_KEYS", "k1:pass-word"),
        ("TOKEN_KEYS", "pass-word"),
        ("LATE_WINDOW", "6 hours"),
        ("MAX_RETRIES", "-1"),
        ("MEDIA_ALLOW_PRIVATE", "yes"),
        ("LOG_LEVEL", "loud"),
        ("TIKTOK_URL", "tiktok"),
    ],
)
def test_a_malformed_setting_is_named_with_what_it_should_be(name: str, value: str):
    with pytest.raises(SettingsInvalid) as caught:
        from_environ({**GOOD, name: value})
    (fault,) = caught.value.faults
    assert fault.strip().startswith(name)
    assert ":" in fault
    assert "pass-word" not in str(caught.value)


def test_every_fault_is_told_at_once():
    with pytest.raises(SettingsInvalid) as caught:
        from_environ({"LOG_LEVEL": "loud"})
    assert len(caught.value.faults) == 4


@pytest.mark.parametrize(
    "event",
    [
        {"access_token": "s3cret"},
        {"error": "GET https://x/?access_token=s3cret&fields=id"},
        {"headers": "Authorization: Bearer s3cret"},
        {"url": "postgresql://user:s3cret@host/db"},
        {"TOKEN_KEYS": "s3cret"},
    ],
)
def test_no_secret_is_logged(event: dict[str, str]):
    shown = log.scrub(structlog.get_logger(), "info", dict(event))
    assert "s3cret" not in str(shown)
    assert "hidden" in str(shown)
