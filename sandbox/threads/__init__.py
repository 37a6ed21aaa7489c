"""Threads: https://developers.facebook.com/docs/threads"""

from __future__ import annotations

from typing import Final

from sandbox.meta import tokens
from sandbox.meta.graph import CALLS, error, node_step, wording
from sandbox.routes import Route, SimulatedPlatform
from sandbox.threads import nodes, posts

VERSION: Final = "/{version:v1.0}"
BASIC, PUBLISH, REPLIES = "threads_basic", "threads_content_publish", "threads_manage_replies"
INSIGHTS, DELETE = "threads_manage_insights", "threads_delete"

THREADS: Final = SimulatedPlatform(
    "threads",
    (
        *tokens.routes(tokens.refresh("th_refresh_token", BASIC)),
        Route(
            *("POST", f"{VERSION}/{{user}}/threads", "prepare", posts.create),
            scope=PUBLISH,
            limits=(CALLS,),
        ),
        Route(
            *("POST", f"{VERSION}/{{user}}/threads_publish", "publish", posts.PUBLISHING.publish),
            scope=PUBLISH,
            limits=(CALLS,),
        ),
        Route("POST", f"{VERSION}/{{node}}/repost", "publish", posts.repost, scope=PUBLISH),
        Route(
            *("GET", f"{VERSION}/{{user}}/threads", "read", nodes.posts),
            scope=BASIC,
            limits=(CALLS,),
        ),
        Route("GET", f"{VERSION}/{{user}}/replies", "read", nodes.replies, scope=BASIC),
        Route(
            *("GET", f"{VERSION}/{{user}}/threads_publishing_limit", "status", nodes.quota),
            scope=BASIC,
        ),
        Route(
            *("GET", f"{VERSION}/{{user}}/threads_insights", "metrics", nodes.account_insights),
            scope=INSIGHTS,
            limits=(CALLS,),
        ),
        Route(
            *("GET", f"{VERSION}/{{node}}/insights", "metrics", nodes.insights),
            scope=INSIGHTS,
            limits=(CALLS,),
        ),
        Route("GET", f"{VERSION}/{{node}}", node_step, nodes.read, scope=BASIC, limits=(CALLS,)),
        Route("DELETE", f"{VERSION}/{{node}}", "delete", nodes.delete, scope=DELETE),
    ),
    wording(
        613,
        lambda _call, _seconds: error(9, "The publishing quota is used up", subcode=2207042),
        (10, "(#10) Application does not have permission for this action"),
    ),
)
