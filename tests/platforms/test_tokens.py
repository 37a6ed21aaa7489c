"""Refreshing: only the platform's own word ends a connection, all else passes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.content import Platform
from domain.failures import Throttled, TokenRevoked, Unavailable
from platforms.adapter import Grant, Tokens
from platforms.flow import Unreadable
from platforms.registry import ADAPTERS
from tests.make import NOW
from tests.platforms.script import play, reply, requests

GRANT = Grant("old", "refresh", "id", "secret", NOW)
FRESH = {"access_token": "new", "refresh_token": "next", "expires_in": 7200}
REFRESHING = [platform for platform in Platform if ADAPTERS[platform].refresh_token]
OAUTH = [Platform.TWITTER, Platform.LINKEDIN, Platform.TIKTOK]
META = [Platform.THREADS, Platform.INSTAGRAM]


def refresh(platform: Platform, answer: Any, grant: Grant = GRANT) -> tuple[Any, Any]:
    flow = ADAPTERS[platform].refresh_token
    assert flow is not None
    return play(flow(grant), [answer])


@pytest.mark.parametrize("platform", REFRESHING)
def test_a_refresh_gives_a_pair_and_its_end(platform: Platform):
    steps, tokens = refresh(platform, reply(FRESH))
    assert isinstance(tokens, Tokens)
    assert tokens.access_token == "new"
    assert tokens.expires_at == NOW + timedelta(hours=2)
    assert "new" not in repr(tokens)
    assert requests(steps)[0].scheme is None


@pytest.mark.parametrize("platform", OAUTH)
@pytest.mark.parametrize("blank", [{}, {"refresh_token": None}, {"refresh_token": ""}])
def test_a_blank_refresh_token_is_none_at_all(platform: Platform, blank: dict[str, Any]):
    body = {"access_token": "new", "expires_in": 7200, **blank}
    _, tokens = refresh(platform, reply(body))
    assert tokens.refresh_token is None


def oauth(error: str, words: str = "") -> dict[str, str]:
    return {"error": error, "error_description": words}


def meta(code: int, subcode: int | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "error_subcode": subcode, "message": "no"}}


@pytest.mark.parametrize(
    ("platform", "body", "status"),
    [
        (
            Platform.TWITTER,
            oauth("invalid_request", "Value passed for the token was invalid."),
            400,
        ),
        (Platform.TWITTER, oauth("invalid_grant"), 400),
        (
            Platform.LINKEDIN,
            oauth("invalid_request", "the refresh token is invalid, expired or revoked"),
            400,
        ),
        (Platform.TIKTOK, oauth("invalid_grant", "Refresh token is invalid or expired."), 200),
        (Platform.TIKTOK, oauth("invalid_grant"), 400),
        *((platform, meta(190, subcode), 400) for platform in META for subcode in (458, 460, 463)),
    ],
)
def test_a_dead_grant_asks_for_a_new_connection(platform: Platform, body: Any, status: int):
    _, failure = refresh(platform, reply(body, status))
    assert isinstance(failure, TokenRevoked)
    assert "connect the account again" in failure.message


@pytest.mark.parametrize(
    ("platform", "body", "status"),
    [
        *((platform, oauth("temporarily_unavailable"), 400) for platform in OAUTH),
        *((platform, oauth("server_error"), 400) for platform in OAUTH),
        *((platform, oauth("invalid_client"), 401) for platform in OAUTH),
        *((platform, b"<html>not now</html>", 403) for platform in OAUTH),
        (Platform.TWITTER, oauth("invalid_request", "missing parameter"), 400),
        (Platform.LINKEDIN, oauth("invalid_request", "missing parameter"), 400),
        *((platform, meta(2), 400) for platform in META),
        *((platform, meta(100), 400) for platform in META),
        *((platform, meta(10), 400) for platform in META),
    ],
)
def test_what_passes_disconnects_nobody(platform: Platform, body: Any, status: int):
    _, failure = refresh(platform, reply(body, status))
    assert isinstance(failure, Unavailable)


@pytest.mark.parametrize("platform", OAUTH)
def test_a_fault_of_the_application_names_its_settings(platform: Platform):
    _, failure = refresh(platform, reply(oauth("invalid_client"), 401))
    assert f"{platform.upper()}_CLIENT_ID" in failure.message


@pytest.mark.parametrize(
    ("platform", "body", "status"),
    [
        *((platform, b"", 429) for platform in OAUTH),
        *((platform, meta(4), 400) for platform in META),
    ],
)
def test_a_limit_on_refreshes_is_waited_for(platform: Platform, body: Any, status: int):
    _, failure = refresh(platform, reply(body, status))
    assert isinstance(failure, Throttled)
    assert failure.until > NOW


@pytest.mark.parametrize("platform", OAUTH)
def test_without_a_refresh_token_the_platform_is_not_asked(platform: Platform):
    steps, failure = refresh(platform, None, Grant("old", None, "id", "secret", NOW))
    assert steps == []
    assert isinstance(failure, TokenRevoked)


@pytest.mark.parametrize("platform", REFRESHING)
@pytest.mark.parametrize("body", [b"[]", b"<html>", b'{"expires_in": 7200}'])
def test_an_answer_of_an_unknown_shape_is_no_pair(platform: Platform, body: bytes):
    with pytest.raises(Unreadable):
        refresh(platform, reply(body))
