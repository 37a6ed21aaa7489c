"""Rest.li 2.0 queries: ``List(a,b)`` and ``(k:v)`` are raw, what stands in them is encoded."""

from __future__ import annotations

import re
from urllib.parse import unquote

from sandbox.linkedin.wording import refuse
from sandbox.routes import Call


def raw(call: Call, name: str) -> str | None:
    """A parameter of the query as it was sent."""
    query = call.request.raw_path.partition("?")[2]
    for part in query.split("&"):
        key, _, value = part.partition("=")
        if unquote(key) == name:
            return value
    return None


def items(call: Call, name: str) -> list[str]:
    """What stands in ``List(...)``; empty if the parameter is not there. Raises Refused."""
    given = raw(call, name)
    if given is None:
        return []
    found = re.fullmatch(r"List\((.*)\)", given)
    if found is None or call.request.headers.get("x-restli-protocol-version") != "2.0.0":
        raise refuse("INVALID_VALUE_FOR_FIELD", f"Invalid query parameters: {name}")
    return [unquote(item) for item in found[1].split(",") if item]


def numbers(call: Call, name: str) -> dict[str, int]:
    """The numbers in a nested value, by key: ``start:(day:1,month:5)`` gives ``start.day``."""
    given = unquote(raw(call, name) or "")
    found: dict[str, int] = {}
    path: list[str] = []
    for key, opened, number, closed in re.findall(r"(\w+):(\()?|(\d+)|(\))", given):
        if number:
            found[".".join(path)] = int(number)
            path.pop()
        elif closed:
            del path[-1:]
        else:
            path.append(key)
        del opened
    return found
