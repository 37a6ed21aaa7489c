"""TikTok: https://developers.tiktok.com/doc/content-posting-api-get-started"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.routes import Call, Refused, Route, SimulatedPlatform, Wording, answer
from sandbox.work import Work

LEVELS = ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]


def envelope(
    data: Mapping[str, Any], code: str = "ok", message: str = "", status: int = 200
) -> web.Response:
    error = {"code": code, "message": message, "log_id": "20261101000000SANDBOX"}
    return answer({"data": data, "error": error}, status)


def refuse(code: str, status: int = 400, message: str = "") -> Refused:
    return Refused(envelope({}, code, message or code, status))


def creator_info(call: Call) -> web.Response:
    return envelope(
        {
            "creator_username": call.account.username,
            "creator_nickname": call.account.username,
            "privacy_level_options": LEVELS,
            "max_video_post_duration_sec": 600,
        }
    )


def init(call: Call) -> web.Response:
    post_info, source = call.form.get("post_info"), call.form.get("source_info")
    if not isinstance(post_info, dict) or not isinstance(source, dict):
        raise refuse("invalid_params")
    if post_info.get("privacy_level") not in LEVELS:
        raise refuse("privacy_level_option_mismatch", 403)
    size, chunk = int(source.get("video_size", 0)), int(source.get("chunk_size", 0))
    if source.get("source") != "FILE_UPLOAD" or not 0 < chunk <= size:
        raise refuse("invalid_params", message="only FILE_UPLOAD with its sizes")
    if source.get("total_chunk_count") != size // chunk:
        raise refuse("invalid_params", message="total_chunk_count is not the floor of the sizes")
    publish_id = f"v_pub_file~v2-1.{call.world.number(7)}"
    work = Work(publish_id, call.account, "video", str(post_info.get("title", "")))
    public = post_info["privacy_level"] == LEVELS[0]
    work.details = {"size": size, "received": 0, "public": public}
    call.start(work, "file_format_check_failed")
    url = f"{call.origin()}/tiktok/upload/{publish_id}"
    return envelope({"publish_id": publish_id, "upload_url": url})


def upload(call: Call) -> web.Response:
    container = call.world.works.get(call.path("publish_id"))
    if container is None:
        return web.Response(status=404)
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", call.request.headers.get("content-range", ""))
    if found is None:
        return web.Response(status=400)
    first, last, total = map(int, found.groups())
    received = container.details["received"]
    if (
        first != received
        or total != container.details["size"]
        or last - first + 1 != len(call.body)
    ):
        return web.Response(status=416, headers={"content-range": f"bytes 0-{received}/{total}"})
    container.details["received"] = last + 1
    if last + 1 < total:
        return web.Response(status=206, headers={"content-range": f"bytes 0-{last}/{total}"})
    if not container.failure:
        _accept(call, container)
    return web.Response(status=201)


def status(call: Call) -> web.Response:
    container = call.world.works.get(str(call.form.get("publish_id")))
    if container is None:
        raise refuse("invalid_publish_id")
    if container.details["received"] < container.details["size"]:
        return envelope({"status": "PROCESSING_UPLOAD"})
    if container.look(call.now) == "IN_PROGRESS":
        return envelope({"status": "PROCESSING_UPLOAD"})
    if container.failure:
        return envelope({"status": "FAILED", "fail_reason": container.failure})
    ids = [int(container.details["post_id"])] if container.details["public"] else []
    return envelope({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": ids})


def token(call: Call) -> web.Response:
    account = call.world.accounts.refreshable(
        "tiktok", str(call.form.get("refresh_token")), call.now
    )
    if account is None:
        return answer({"error": "invalid_grant", "error_description": "invalid or expired"})
    call.world.accounts.renew(account, call.now, 86_400)
    return answer(
        {
            "access_token": account.token,
            "expires_in": 86_400,
            "open_id": account.id,
            "refresh_token": account.refresh_token,
            "refresh_expires_in": 31_536_000,
            "token_type": "Bearer",
        }
    )


def _accept(call: Call, container: Work) -> None:
    post_id = call.world.number(73)
    container.details["post_id"] = post_id
    url = f"https://www.tiktok.com/@{container.account.username}/video/{post_id}"
    call.accept(post_id, url, kind="video", text=container.text, account=container.account)


def uploaded_text(call: Call) -> str:
    container = call.world.works.get(call.path("publish_id"))
    return container.text if container else ""


V2 = "/v2/post/publish"
TIKTOK = SimulatedPlatform(
    "tiktok",
    (
        Route("POST", f"{V2}/creator_info/query/", "prepare", creator_info),
        Route("POST", f"{V2}/video/init/", "prepare", init),
        Route(
            *("PUT", "/upload/{publish_id}", "publish", upload),
            authorised=False,
            text=uploaded_text,
        ),
        Route("POST", f"{V2}/status/fetch/", "status", status),
        Route("POST", "/v2/oauth/token/", "refresh", token, authorised=False),
    ),
    Wording(
        unknown_token=lambda: envelope({}, "access_token_invalid", "invalid", 401),
        expired_token=lambda: envelope({}, "access_token_invalid", "expired", 401),
        revoked_token=lambda: envelope({}, "access_token_invalid", "revoked", 401),
        forbidden=lambda: envelope({}, "scope_not_authorized", "not granted", 401),
        rejected=lambda: envelope({}, "spam_risk_text", "not acceptable", 403),
        throttled=lambda _call, _seconds: envelope(
            {}, "rate_limit_exceeded", "too many requests", 429
        ),
        quota=lambda _call, _seconds: envelope({}, "spam_risk_too_many_posts", "cap", 403),
        duplicate=lambda _call: envelope({}, "spam_risk", "the same again", 403),
        outage=lambda status: envelope({}, "internal_error", "try again", status),
    ),
)
