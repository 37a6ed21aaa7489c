"""X, API v2: https://docs.x.com/x-api"""

from __future__ import annotations

from typing import Final

from sandbox.limits import DAY, QUARTER_HOUR, Limit
from sandbox.routes import Route, SimulatedPlatform
from sandbox.twitter import account, media, posts, reading
from sandbox.twitter.wording import WORDING, headers

#: Calls of a user in 15 minutes and, where there is one, of the application in 24 hours.
LIMITS: Final = {
    "posts": (100, 10_000),
    "deletes": (50, None),
    "lookups": (5000, None),
    "analytics": (300, None),
    "single": (900, None),
    "timeline": (900, None),
    "me": (75, None),
    "one shot": (500, 50_000),
    "media status": (1000, 100_000),
    "initialize": (1875, 180_000),
    "append": (1875, 180_000),
    "finalize": (1875, 180_000),
    "metadata": (500, 50_000),
    "subtitles": (100, 10_000),
}
UPLOAD: Final = "/2/media/upload"
PART: Final = f"{UPLOAD}/{{id}}"
WRITE, READ, USERS, MEDIA = "tweet.write", "tweet.read", "users.read", "media.write"


def _by(name: str) -> tuple[Limit, ...]:
    """The windows of this name."""
    user, app = LIMITS[name]
    mine = Limit(name, user, QUARTER_HOUR)
    return (mine,) if app is None else (mine, Limit(f"{name} of the app", app, DAY, app=True))


TWITTER: Final = SimulatedPlatform(
    "twitter",
    (
        Route("POST", "/2/tweets", "publish", posts.create, WRITE, _by("posts")),
        Route("DELETE", "/2/tweets/{id}", "delete", posts.delete, WRITE, _by("deletes")),
        Route("GET", "/2/tweets", "metrics", reading.lookup, READ, _by("lookups")),
        Route("GET", "/2/tweets/analytics", "metrics", reading.analytics, READ, _by("analytics")),
        Route("GET", "/2/tweets/{id}", "read", reading.single, READ, _by("single")),
        Route("GET", "/2/users/{user}/tweets", "read", reading.timeline, READ, _by("timeline")),
        Route("GET", "/2/users/me", "profile", account.me, USERS, _by("me")),
        Route("POST", UPLOAD, "prepare", media.one_shot, MEDIA, _by("one shot")),
        Route("GET", UPLOAD, "status", media.status, MEDIA, _by("media status")),
        Route(
            *("POST", f"{UPLOAD}/initialize", "prepare", media.initialize),
            *(MEDIA, _by("initialize")),
        ),
        Route("POST", f"{PART}/append", "prepare", media.append, MEDIA, _by("append")),
        Route("POST", f"{PART}/finalize", "prepare", media.finalize, MEDIA, _by("finalize")),
        Route("POST", "/2/media/metadata", "prepare", media.metadata, MEDIA, _by("metadata")),
        Route("POST", "/2/media/subtitles", "prepare", media.subtitles, MEDIA, _by("subtitles")),
        Route("POST", "/2/oauth2/token", "refresh", account.token, authorised=False),
        Route("POST", "/2/oauth2/revoke", "refresh", account.revoke, authorised=False),
    ),
    WORDING,
    headers,
)
