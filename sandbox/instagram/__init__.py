"""Instagram: https://developers.facebook.com/docs/instagram-platform

Both variants beneath one name: an account's ``login`` says which of them its token is for.
"""

from __future__ import annotations

from typing import Final

from sandbox.instagram import nodes, posts, uploads
from sandbox.instagram.login import admit
from sandbox.limits import DAY, Limit
from sandbox.meta import tokens
from sandbox.meta.graph import CALLS, VERSION, error, node_step, usage, wording
from sandbox.routes import Route, SimulatedPlatform

CONTAINERS_A_DAY: Final = Limit("containers", 400, DAY)
NODE, USER, ONE = f"{VERSION}/{{node}}", f"{VERSION}/{{user}}", (CALLS,)

INSTAGRAM: Final = SimulatedPlatform(
    "instagram",
    (
        *tokens.routes(tokens.refresh("ig_refresh_token", "instagram_business_basic")),
        Route("POST", f"{USER}/media", "prepare", posts.create, limits=(CONTAINERS_A_DAY, CALLS)),
        Route(
            *("POST", f"{USER}/media_publish", "publish", posts.PUBLISHING.publish),
            limits=ONE,
        ),
        Route("POST", f"/ig-api-upload{VERSION}/{{id}}", "prepare", uploads.upload),
        Route("GET", f"{USER}/media", "read", nodes.posts, limits=ONE),
        Route("GET", f"{USER}/stories", "read", nodes.stories, limits=ONE),
        Route("GET", f"{USER}/content_publishing_limit", "status", nodes.quota, limits=ONE),
        Route("GET", f"{NODE}/insights", "metrics", nodes.insights, limits=ONE),
        Route("GET", f"{NODE}/comments", "read", nodes.comments, limits=ONE),
        Route("POST", f"{NODE}/comments", "comment", nodes.comment, limits=ONE),
        Route("GET", NODE, node_step, nodes.read, limits=ONE),
        Route("POST", NODE, "comment", nodes.change, limits=ONE),
        Route("DELETE", NODE, "delete", nodes.delete, limits=ONE),
    ),
    wording(
        80002,
        lambda _call, _seconds: error(9, "The publishing quota is used up", subcode=2207042),
        (10, "(#10) Application does not have permission for this action"),
    ),
    usage("instagram"),
    admit,
)
