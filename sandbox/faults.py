"""What is to go wrong, and for which calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

#: Faults that answer in place of the platform: nothing is accepted.
REFUSALS: Final = {
    "throttle": "429 with the platform's headers; opens after retry_after seconds",
    "quota": "the day's quota is used up, in the platform's words",
    "error": "an outage of this status (500, 503 ...) before anything is accepted",
    "forbid": "a permission is missing",
    "reject": "the content is refused",
    "duplicate": "refused as a duplicate",
    "expire_token": "the token expires with this call",
    "revoke_token": "the user has revoked the application",
    "respond": "an answer of your own: status, body, headers",
    "drop_before": "the connection is reset before anything is accepted",
    "stall_before": "no answer, and nothing is accepted",
}
#: Faults of the answer: the platform accepts the call first.
LOSSES: Final = {
    "error_after": "an outage of this status after it was accepted",
    "respond_after": "an answer of your own after it was accepted",
    "drop_after": "the connection is reset after it was accepted",
    "stall": "it was accepted, no answer comes",
    "delay": "the answer comes after so many seconds",
}
#: Faults of what is made: the call is answered as ever.
EFFECTS: Final = {
    "fail_processing": "processing fails, with this reason or the platform's usual one",
    "slow_processing": "processing takes so many looks and so many seconds more",
    "alter_text": "the platform shows the text changed: text replaces it, else it is cut short",
    "shorten_link": "the platform shows links shortened",
    "remove_after": "moderation removes the post after so many seconds",
    "delay_listing": "lists show the post after so many seconds only",
}
ACTIONS: Final = {**REFUSALS, **LOSSES, **EFFECTS}
STEPS: Final = (
    *("publish", "prepare", "status", "read", "refresh"),
    *("comment", "metrics", "profile", "delete"),
)


@dataclass(slots=True)
class Fault:
    """Something that is to go wrong; ``times=0``: until it is taken away.

    The first ``skip`` calls that match pass. ``path`` is a regular expression that is looked for in
    the path of the call. What a fault does not use it ignores.
    """

    id: int
    action: str
    platform: str | None = None
    account: str | None = None
    step: str | None = None
    method: str | None = None
    path: str | None = None
    text_contains: str | None = None
    skip: int = 0
    times: int = 1
    status: int = 500
    retry_after: float = 60.0
    seconds: float = 0.0
    looks: int = 0
    reason: str | None = None
    text: str | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    hits: int = 0

    def strikes(self, sight: Sight) -> bool:
        """Whether it strikes this call; counts those that it lets pass."""
        if not self._matches(sight):
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        self.hits += 1
        return True

    def _matches(self, sight: Sight) -> bool:
        return (
            (self.times == 0 or self.hits < self.times)
            and self.platform in (None, sight.platform)
            and self.account in (None, sight.account)
            and self.step in (None, sight.step)
            and self.method in (None, sight.method)
            and (self.path is None or re.search(self.path, sight.path) is not None)
            and (self.text_contains is None or self.text_contains in sight.text())
        )


@dataclass(frozen=True, slots=True)
class Sight:
    """What a fault looks at. ``text`` is what the call is about; it is asked only if need be."""

    platform: str
    account: str | None
    step: str
    method: str
    path: str
    text: Callable[[], str]


@dataclass(slots=True)
class Faults:
    """All of them, in the order in which they were set."""

    known: list[Fault] = field(default_factory=list)

    def interruption(self, sight: Sight) -> Fault | None:
        """The first refusal or loss that strikes this call, counted."""
        return next((f for f in self.known if f.action not in EFFECTS and f.strikes(sight)), None)

    def effect(self, action: str, sight: Sight) -> Fault | None:
        """The first fault of this effect that strikes this call, counted."""
        return next((f for f in self.known if f.action == action and f.strikes(sight)), None)


def read(entry: Mapping[str, Any], number: int) -> Fault:
    """A fault from its JSON. Raises ValueError with the name of the field that is wrong."""
    names = {known.name for known in fields(Fault)} - {"id", "seen", "hits"}
    unknown = sorted(set(entry) - names)
    if unknown:
        raise ValueError(f"{unknown[0]}: unknown; a fault has {', '.join(sorted(names))}")
    for name, known in (("action", tuple(ACTIONS)), ("step", (None, *STEPS))):
        if entry.get(name) not in known:
            raise ValueError(f"{name}: one of {', '.join(filter(None, known))}")
    return Fault(id=number, **entry)
