"""How LinkedIn words its refusals, and what every versioned call has to carry."""

from __future__ import annotations

import re
from typing import Any, Final

from aiohttp import web

from sandbox.accounts import Account
from sandbox.routes import Call, Refused, Wording, answer

#: The versions that are active: each lives a year, the newest is 202609.
OLDEST, NEWEST = 202511, 202612
DAY_WORDS: Final = "Resource level throttle MEMBER DAY limit for calls to this resource is reached."
WORDS: Final = "Resource level throttle limit for calls to this resource is reached."


def error(status: int, message: str, **more: Any) -> web.Response:
    return answer({"status": status, "message": message, **more}, status)


def refuse(code: str, message: str, status: int = 400) -> Refused:
    return Refused(error(status, message, code=code))


def forbidden(resource: str = "posts.CREATE.20260901") -> web.Response:
    words = f"Not enough permissions to access: {resource}"
    return error(403, words, serviceErrorCode=100, code="ACCESS_DENIED")


def not_found(urn: str) -> Refused:
    return Refused(error(404, f"Entity {urn} was not found", code="NOT_FOUND"))


def duplicate_of(urn: str) -> web.Response:
    entry = {"description": "Duplicate post is detected", "input": {}, "code": "DUPLICATE_POST"}
    return error(
        422,
        "com.linkedin.content.common.exception.BadRequestResponseException:"
        f" Content is a duplicate of {urn}",
        errorDetailType="com.linkedin.common.error.BadRequest",
        errorDetails={"inputErrors": [entry]},
    )


def duplicate(call: Call) -> web.Response:
    latest = next(call.world.ledger.of("linkedin", call.account.id), None)
    return duplicate_of(latest.id if latest else "urn:li:share:7000000000000000000")


def throttled(_call: Call, seconds: float) -> web.Response:
    """Of the day if it takes more than an hour to open."""
    if seconds > 3600:
        return error(429, DAY_WORDS, serviceErrorCode=101, code="TOO_MANY_REQUESTS")
    return error(429, WORDS, serviceErrorCode=101)


def check(call: Call) -> None:
    """The version is active, and URNs are encoded. Raises Refused."""
    version = call.request.headers.get("linkedin-version", "")
    active = re.fullmatch(r"20\d{4}", version) and OLDEST <= int(version) <= NEWEST
    if not active:
        words = f"Requested version {version} is not active"
        raise refuse("NONEXISTENT_VERSION", words, 426)
    if "urn:li:" in call.request.raw_path:
        raise refuse("INVALID_URN_ID", "Syntax exception in path variables: encode the URN")


def urn_of(account: Account) -> str:
    """The author of an account: an organisation's id is given as its URN, a member's plain."""
    return account.id if account.id.startswith("urn:") else f"urn:li:person:{account.id}"


def is_page(account: Account) -> bool:
    return ":organization:" in account.id


def need(call: Call, member: str, page: str, resource: str) -> None:
    """The scope that this kind of author needs. Raises Refused."""
    if not call.account.allows(page if is_page(call.account) else member):
        raise Refused(forbidden(resource))


WORDING: Final = Wording(
    unknown_token=lambda: error(
        401, "Invalid access token", serviceErrorCode=65600, code="INVALID_ACCESS_TOKEN"
    ),
    expired_token=lambda: error(
        401,
        "The token used in the request has expired",
        serviceErrorCode=65602,
        code="EXPIRED_ACCESS_TOKEN",
    ),
    revoked_token=lambda: error(
        401,
        "The token used in the request has been revoked by the user",
        serviceErrorCode=65601,
        code="REVOKED_ACCESS_TOKEN",
    ),
    forbidden=forbidden,
    rejected=lambda: error(422, "The content is not acceptable", code="UNPROCESSABLE_ENTITY"),
    duplicate=duplicate,
    throttled=throttled,
    quota=lambda _call, _seconds: error(
        429, DAY_WORDS, serviceErrorCode=101, code="TOO_MANY_REQUESTS"
    ),
    outage=lambda status: error(status, "Internal error", code="INTERNAL_SERVER_ERROR"),
)
