"""X, API v2: https://docs.x.com/x-api"""

from __future__ import annotations

from typing import Final

from sandbox.limits import DAY, QUARTER_HOUR, Limit
from sandbox.routes import Route, SimulatedPlatform
from sandbox.twitter import account, media, posts, reading
from sandbox.twitter.wording import WORDING, headers


def _limits(name: str, user: int, app_day: int = 0) -> tuple[Limit, ...]:
    """Per user in 15 minutes and, if there is one, per application in 24 hours."""
    mine = Limit(name, user, QUARTER_HOUR)
    return (mine, Limit(f"{name} of the app", app_day, DAY, app=True)) if app_day else (mine,)


UPLOAD: Final = "/2/media/upload"
WRITE, READ, USERS, MEDIA = "tweet.write", "tweet.read", "users.read", "media.write"

TWITTER: Final = SimulatedPlatform(
    "twitter",
    (
        Route(
            *("POST", "/2/tweets", "publish", posts.create),
            scope=WRITE,
            limits=_limits("posts", 100, 10_000),
        ),
        Route(
            *("DELETE", "/2/tweets/{id}", "delete", posts.delete),
            scope=WRITE,
            limits=_limits("deletes", 50),
        ),
        Route(
            *("GET", "/2/tweets", "metrics", reading.lookup),
            scope=READ,
            limits=_limits("lookups", 5000),
        ),
        Route(
            *("GET", "/2/tweets/analytics", "metrics", reading.analytics),
            scope=READ,
            limits=_limits("analytics", 300),
        ),
        Route(
            *("GET", "/2/tweets/{id}", "read", reading.single),
            scope=READ,
            limits=_limits("single", 900),
        ),
        Route(
            *("GET", "/2/users/{user}/tweets", "read", reading.timeline),
            scope=READ,
            limits=_limits("timeline", 900),
        ),
        Route(
            *("GET", "/2/users/me", "profile", account.me),
            scope=USERS,
            limits=_limits("me", 75),
        ),
        Route(
            *("POST", UPLOAD, "prepare", media.one_shot),
            scope=MEDIA,
            limits=_limits("one shot", 500, 50_000),
        ),
        Route(
            *("GET", UPLOAD, "status", media.status),
            scope=MEDIA,
            limits=_limits("media status", 1000, 100_000),
        ),
        Route(
            *("POST", f"{UPLOAD}/initialize", "prepare", media.initialize),
            scope=MEDIA,
            limits=_limits("initialize", 1875, 180_000),
        ),
        Route(
            *("POST", f"{UPLOAD}/{{id}}/append", "prepare", media.append),
            scope=MEDIA,
            limits=_limits("append", 1875, 180_000),
        ),
        Route(
            *("POST", f"{UPLOAD}/{{id}}/finalize", "prepare", media.finalize),
            scope=MEDIA,
            limits=_limits("finalize", 1875, 180_000),
        ),
        Route(
            *("POST", "/2/media/metadata", "prepare", media.metadata),
            scope=MEDIA,
            limits=_limits("metadata", 500, 50_000),
        ),
        Route(
            *("POST", "/2/media/subtitles", "prepare", media.subtitles),
            scope=MEDIA,
            limits=_limits("subtitles", 100, 10_000),
        ),
        Route("POST", "/2/oauth2/token", "refresh", account.token, authorised=False),
        Route("POST", "/2/oauth2/revoke", "refresh", account.revoke, authorised=False),
    ),
    WORDING,
    headers,
)
