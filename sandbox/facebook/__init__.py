"""Facebook Pages: https://developers.facebook.com/docs/pages-api"""

from __future__ import annotations

from typing import Final

from sandbox.facebook import feed, nodes, photos, reels, videos
from sandbox.meta import tokens
from sandbox.meta.graph import CALLS, VERSION, admit, error, node_step, usage, wording
from sandbox.routes import Route, SimulatedPlatform

PAGE, NODE, ONE = f"{VERSION}/{{user}}", f"{VERSION}/{{node}}", (CALLS,)
POST: Final = "pages_manage_posts"
READ: Final = "pages_read_engagement"

FACEBOOK: Final = SimulatedPlatform(
    "facebook",
    (
        *tokens.routes(None),
        Route("GET", f"{VERSION}/me/accounts", "profile", nodes.accounts, limits=ONE),
        Route("GET", f"{VERSION}/me/permissions", "profile", nodes.permissions, limits=ONE),
        Route("POST", f"{PAGE}/feed", feed.step, feed.create, scope=POST, limits=ONE),
        Route("POST", f"{PAGE}/photos", photos.step, photos.create, scope=POST, limits=ONE),
        Route("POST", f"{PAGE}/photo_stories", "publish", photos.story, scope=POST, limits=ONE),
        Route("POST", f"{PAGE}/videos", videos.step, videos.create, scope=POST, limits=ONE),
        Route("POST", f"{PAGE}/video_reels", reels.step, reels.reel, scope=POST, limits=ONE),
        Route("POST", f"{PAGE}/video_stories", reels.step, reels.story, scope=POST, limits=ONE),
        Route("POST", f"/video-upload{VERSION}/{{id}}", "prepare", reels.upload),
        Route("GET", f"{PAGE}/published_posts", "read", nodes.posts, scope=READ, limits=ONE),
        Route("GET", f"{PAGE}/posts", "read", nodes.posts, scope=READ, limits=ONE),
        Route("GET", f"{PAGE}/feed", "read", nodes.posts, scope=READ, limits=ONE),
        Route("GET", f"{PAGE}/video_reels", "read", nodes.reels, scope=READ, limits=ONE),
        Route("GET", f"{PAGE}/videos", "read", nodes.videos, scope=READ, limits=ONE),
        Route("GET", f"{PAGE}/stories", "read", nodes.stories, scope=READ, limits=ONE),
        Route(
            *("GET", f"{NODE}/insights", "metrics", nodes.insights),
            scope="read_insights",
            limits=ONE,
        ),
        Route(
            *("GET", f"{NODE}/video_insights", "metrics", nodes.video_insights),
            scope="read_insights",
            limits=ONE,
        ),
        Route(
            *("POST", f"{NODE}/comments", "comment", nodes.comment),
            scope="pages_manage_engagement",
            limits=ONE,
        ),
        Route("GET", f"{NODE}/comments", "read", nodes.comments, scope=READ, limits=ONE),
        Route("GET", NODE, node_step, nodes.read, scope=READ, limits=ONE),
        Route("POST", NODE, "comment", nodes.change, scope=POST, limits=ONE),
        Route("DELETE", NODE, "delete", nodes.delete, scope=POST, limits=ONE),
    ),
    wording(
        80001,
        lambda _call, _seconds: error(9, "The limit of 24 hours is reached", subcode=1390008),
    ),
    usage("pages"),
    admit,
)
