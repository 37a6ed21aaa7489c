"""TikTok: https://developers.tiktok.com/doc/content-posting-api-get-started"""

from __future__ import annotations

from typing import Final

from sandbox.routes import Call, Route, SimulatedPlatform, Step
from sandbox.tiktok import account, posts, uploads
from sandbox.tiktok.wording import WORDING, a_minute

V2: Final = "/v2/post/publish"
PUBLISH, UPLOAD, VIDEOS = "video.publish", "video.upload", "video.list"


def _step(call: Call) -> Step:
    """An init that TikTok fetches for itself publishes; one that waits for bytes does not."""
    source = call.form.get("source_info")
    pulled = isinstance(source, dict) and source.get("source") == "PULL_FROM_URL"
    return "publish" if pulled else "prepare"


TIKTOK: Final = SimulatedPlatform(
    "tiktok",
    (
        Route(
            *("POST", f"{V2}/creator_info/query/", "prepare", posts.creator_info),
            scope=PUBLISH,
            limits=a_minute("creator info", 20),
        ),
        Route(
            *("POST", f"{V2}/video/init/", _step, posts.video),
            scope=PUBLISH,
            limits=a_minute("video init", 6),
        ),
        Route(
            *("POST", f"{V2}/inbox/video/init/", _step, posts.inbox),
            scope=UPLOAD,
            limits=a_minute("inbox init", 6),
        ),
        Route(
            *("POST", f"{V2}/content/init/", "publish", posts.photo),
            scope=PUBLISH,
            limits=a_minute("content init", 6),
        ),
        Route("PUT", "/upload/{publish_id}", uploads.step, uploads.put, authorised=False),
        Route(
            *("POST", f"{V2}/status/fetch/", "status", posts.status),
            limits=a_minute("status", 30),
        ),
        Route("POST", f"{V2}/cancel/", "delete", posts.cancel, scope=PUBLISH),
        Route(
            *("POST", "/v2/video/list/", "read", account.listed),
            scope=VIDEOS,
            limits=a_minute("video list", 600, app=True),
        ),
        Route(
            *("POST", "/v2/video/query/", "metrics", account.query),
            scope=VIDEOS,
            limits=a_minute("video query", 600, app=True),
        ),
        Route(
            *("GET", "/v2/user/info/", "profile", account.user_info),
            limits=a_minute("user info", 600, app=True),
        ),
        Route("POST", "/v2/oauth/token/", "refresh", account.token, authorised=False),
        Route("POST", "/v2/oauth/revoke/", "refresh", account.revoke, authorised=False),
    ),
    WORDING,
)
