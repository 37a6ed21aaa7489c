"""LinkedIn: https://learn.microsoft.com/linkedin/marketing/community-management"""

from __future__ import annotations

from typing import Final

from sandbox.limits import DAY, Limit
from sandbox.linkedin import account, posts, statistics, uploads
from sandbox.linkedin.wording import WORDING
from sandbox.routes import Route, SimulatedPlatform

#: Per UTC day; the real numbers stand in the developer portal, these are the published ones.
CREATE: Final = (Limit("posts", 150, DAY), Limit("posts of the app", 100_000, DAY, app=True))
REST, SOCIAL = "/rest", "/rest/socialActions/{urn}"
ASSETS: Final = f"{REST}/{{assets:images|documents|videos}}"

LINKEDIN: Final = SimulatedPlatform(
    "linkedin",
    (
        Route("POST", f"{REST}/posts", "publish", posts.create, limits=CREATE),
        Route("GET", f"{REST}/posts", "read", posts.listed),
        Route("GET", f"{REST}/posts/{{urn}}", "read", posts.single),
        Route("POST", f"{REST}/posts/{{urn}}", "publish", posts.change),
        Route("DELETE", f"{REST}/posts/{{urn}}", "delete", posts.delete),
        Route("POST", f"{SOCIAL}/comments", "comment", posts.comment),
        Route("GET", f"{SOCIAL}/comments", "read", posts.comments),
        Route("GET", SOCIAL, "metrics", statistics.social_actions),
        Route("GET", f"{REST}/socialMetadata/{{urn}}", "metrics", statistics.social_metadata),
        Route("POST", ASSETS, "prepare", uploads.action),
        Route("GET", f"{ASSETS}/{{urn}}", "status", uploads.status),
        Route(
            "PUT",
            r"/dms-uploads/{asset:[^.]+}{part:(?:\.\d+)?}",
            "prepare",
            uploads.put,
            authorised=False,
        ),
        Route(
            *("GET", f"{REST}/organizationalEntityShareStatistics", "metrics"),
            statistics.of_page,
        ),
        Route("GET", f"{REST}/memberCreatorPostAnalytics", "metrics", statistics.of_member),
        Route(
            *("GET", f"{REST}/organizationalEntityFollowerStatistics", "metrics"),
            statistics.page_follower_statistics,
        ),
        Route("GET", f"{REST}/networkSizes/{{urn}}", "profile", statistics.page_followers),
        Route("GET", f"{REST}/memberFollowersCount", "profile", statistics.member_followers),
        Route("GET", f"{REST}/organizations/{{id}}", "profile", account.organization),
        Route("GET", f"{REST}/organizationAcls", "profile", account.organization_acls),
        Route("GET", "/v2/userinfo", "profile", account.userinfo),
        Route("POST", "/oauth/v2/accessToken", "refresh", account.token, authorised=False),
        Route("POST", "/oauth/v2/introspectToken", "refresh", account.introspect, authorised=False),
    ),
    WORDING,
)
