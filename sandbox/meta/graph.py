"""The Graph API: error envelope, versions, usage headers, fields, pages."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from sandbox.clock import moment, seconds
from sandbox.ledger import Post
from sandbox.limits import DAY, Limit, Window
from sandbox.routes import Call, Refused, Step, Wording, answer

VERSION: Final = r"/{version:v\d+\.\d+}"
OLDEST: Final = 21
#: Calls of an account in 24 hours: 4,800 times its impressions, which count as ten at least.
CALLS: Final = Limit("calls", 48_000, DAY)


def error(
    code: int,
    message: str,
    *,
    subcode: int | None = None,
    status: int = 400,
    transient: bool = False,
) -> web.Response:
    body: dict[str, Any] = {
        "message": message,
        "type": "OAuthException",
        "code": code,
        "is_transient": transient,
        "fbtrace_id": "AsAnDbOx",
    }
    if subcode is not None:
        body |= {"error_subcode": subcode, "error_user_title": "Error", "error_user_msg": message}
    return answer({"error": body}, status)


def refuse(code: int, message: str, subcode: int | None = None) -> Refused:
    return Refused(error(code, message, subcode=subcode))


def missing(kind: str = "get") -> Refused:
    """No such object, or not one that this token sees."""
    return refuse(
        100,
        f"Unsupported {kind} request. Object does not exist, cannot be loaded due to missing"
        " permissions, or does not support this operation",
        33,
    )


def wording(
    limit_code: int,
    quota: Callable[[Call, float], web.Response],
    permission: tuple[int, str] = (200, "(#200) Permissions error"),
) -> Wording:
    """``limit_code`` is the one of the throttle: 80001 Pages, 80002 Instagram, 613 Threads."""

    def throttled(call: Call, wait: float) -> web.Response:
        call.request["regain"] = wait
        return error(limit_code, f"(#{limit_code}) There have been too many calls to this account.")

    return Wording(
        unknown_token=lambda: error(190, "Invalid OAuth access token.", status=401),
        expired_token=lambda: error(190, "Session has expired.", subcode=463, status=401),
        revoked_token=lambda: error(190, "The user removed the app.", subcode=458, status=401),
        forbidden=lambda: error(*permission, status=403),
        rejected=lambda: error(100, "(#100) Invalid parameter"),
        duplicate=lambda _call: error(506, "Duplicate status message", subcode=1455006),
        throttled=throttled,
        quota=quota,
        outage=lambda status: error(
            2, "Service temporarily unavailable", status=status, transient=True
        ),
    )


def usage(kind: str) -> Callable[[Call], Mapping[str, str]]:
    """The usage headers of every answer, in percent; ``kind`` is ``pages`` or ``instagram``."""

    def headers(call: Call) -> Mapping[str, str]:
        wait = call.request.get("regain")
        window: Window | None = call.request.get("window")
        used = 100 * (window.limit - window.remaining) // max(1, window.limit) if window else 0
        used = 100 if wait is not None else used
        rates = {"call_count": used, "total_time": used // 2, "total_cputime": used // 3}
        version = call.request.match_info.get("version", "v25.0")
        found = {"X-App-Usage": json.dumps(rates), "facebook-api-version": version}
        if call.sender is not None:
            minutes = 0 if wait is None else -(-wait // 60)
            entry = {"type": kind, **rates, "estimated_time_to_regain_access": minutes}
            found["X-Business-Use-Case-Usage"] = json.dumps({call.sender.id: [entry]})
        return found

    return headers


def admit(call: Call) -> web.Response | None:
    """The version is one that lives, and the proof is right where one is asked for."""
    return ended(call) or unproven(call)


def ended(call: Call) -> web.Response | None:
    version = call.request.match_info.get("version")
    if version is None or int(version[1:].partition(".")[0]) >= OLDEST:
        return None
    return error(2635, f"(#2635) You are calling a deprecated version of the API: {version}")


def unproven(call: Call) -> web.Response | None:
    secret = call.world.settings.app_secret
    if secret is None or call.sender is None:
        return None
    proof = hmac.new(secret.encode(), call.sender.token.encode(), hashlib.sha256).hexdigest()
    if call.query.get("appsecret_proof") == proof:
        return None
    return error(100, "API calls from the server require an appsecret_proof argument")


def node_step(call: Call) -> Step:
    """A node is a work, the account or a post."""
    node = call.path("node")
    if node in call.world.works:
        return "status"
    return "profile" if node in ("me", call.sender.id if call.sender else "") else "read"


def check_user(call: Call) -> None:
    if call.path("user") not in (call.account.id, "me"):
        raise missing("request")


def timestamp(at: float) -> str:
    return moment(at).strftime("%Y-%m-%dT%H:%M:%S+0000")


def chosen(call: Call, available: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that ``fields`` names, with the id; what is None is left out."""
    given = re.sub(r"\{[^}]*\}|\([^)]*\)", "", call.field("fields"))
    names = {"id", *(part.partition(".")[0].strip() for part in given.split(","))}
    return {n: value for n, value in available.items() if n in names and value is not None}


def true(call: Call, name: str, *, usual: bool = False) -> bool:
    """A flag of the body, however it is spelled."""
    given = call.field(name)
    return usual if given == "" else given.lower() in ("true", "1")


def listed(call: Call, name: str) -> list[Any]:
    """A list of the body: JSON, ``name[0]=...`` or parts with commas."""
    given = call.form.get(name)
    if isinstance(given, list):
        return given
    numbered = [call.form[key] for key in sorted(call.form) if key.startswith(f"{name}[")]
    if numbered:
        return [parsed(entry) for entry in numbered]
    if not given:
        return []
    found = parsed(given)
    return found if isinstance(found, list) else [p for p in str(given).split(",") if p]


def parsed(given: Any) -> Any:
    """A value that may be JSON in a text."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except ValueError:
        return given


def between(call: Call, posts: Sequence[Post]) -> list[Post]:
    """Those from ``since`` to ``until``."""
    try:
        since, until = (
            seconds(call.query[name]) if name in call.query else usual
            for name, usual in (("since", 0.0), ("until", float("inf")))
        )
    except ValueError as fault:
        raise refuse(100, "(#100) since and until must be times") from fault
    return [post for post in posts if since <= post.at <= until]


def page(
    call: Call, posts: Sequence[Post], show: Callable[[Call, Post], Mapping[str, Any]]
) -> web.Response:
    """One page, of ``limit`` entries after the entry ``after``."""
    limit = min(int(call.query.get("limit", 25)), 100)
    after = call.query.get("after", "")
    ids = [post.id for post in posts]
    start = ids.index(after) + 1 if after in ids else 0
    shown = posts[start : start + limit]
    body: dict[str, Any] = {"data": [chosen(call, show(call, post)) for post in shown]}
    if shown:
        body["paging"] = {"cursors": {"before": shown[0].id, "after": shown[-1].id}}
        if len(posts) > start + limit:
            link = call.request.url.without_query_params("access_token")
            body["paging"]["next"] = str(link.update_query(after=shown[-1].id))
    return answer(body)


def shortcode(post_id: str) -> str:
    """The code of a post in its permalink."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    number, code = int(post_id), ""
    while number:
        number, digit = divmod(number, 64)
        code = letters[digit] + code
    return code
