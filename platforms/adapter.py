"""What an adapter is: its flows, what each of them starts from and what it ends with."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from domain.analytics import Figures
from domain.budgets import POSTS, Cap
from domain.cadence import Usage
from domain.content import Content, ContentType, JsonObject, Platform
from domain.failures import Failure
from domain.limits import Limits
from platforms.flow import Reply, Step


@dataclass(frozen=True, slots=True)
class Published:
    """The post is public. ``id`` is the platform's; ``url`` is where people see it, if known.
    ``remark`` is what a person should know all the same: what was to follow the post and did not.
    ``at`` is since when, if that is known to be earlier than the end of the flow."""

    id: str
    url: str | None
    remark: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """Proven: the platform does not have the post, and no earlier call can still make it.
    ``because``: what the platform says went wrong; without it the post is simply sent again."""

    because: Failure | None = None


@dataclass(frozen=True, slots=True)
class Unsettled:
    """The platform cannot tell yet; ``why`` is for people."""

    why: str


Settlement: TypeAlias = Published | Absent | Unsettled


@dataclass(frozen=True, slots=True)
class Account:
    """The connected account, without its tokens. ``metadata`` holds what the platform needs
    beside the user id (a page id, an organisation URN)."""

    platform_user_id: str
    username: str
    metadata: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """What a flow starts from. ``now`` is the database's clock at the start; ``intent_at`` is when
    the open fenced call was announced (only when settling). ``known`` holds the platform's ids of
    the account's other publications of late: none of them is ever taken for this one."""

    account: Account
    content: Content
    now: datetime
    checkpoint: JsonObject = field(default_factory=dict)
    intent_at: datetime | None = None
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lookup:
    """Posts of one account to look for, by the platform's ids: at most as many as the adapter's
    ``verify_batch``."""

    account: Account
    ids: Sequence[str]
    now: datetime


@dataclass(frozen=True, slots=True)
class Sightings:
    """Which of the posts the platform has, and which it has no longer. Of any other it could not
    be told."""

    there: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Grant:
    """What a refresh needs; the only place where an adapter sees secrets."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    client_id: str | None
    client_secret: str | None = field(repr=False)
    now: datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """A fresh pair. ``refresh_token=None``: the old one stays valid."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Quota:
    """What the platform says of its own cap on posts: ``used`` of ``total`` within ``window``."""

    used: int
    total: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the platform says the account is. None: it does not tell, or not to this application."""

    platform_user_id: str | None = None
    username: str | None = None
    display_name: str | None = None
    avatar: str | None = None
    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    quota: Quota | None = None


@dataclass(frozen=True, slots=True)
class Sought:
    """A publication whose figures are asked for; ``id`` is the platform's."""

    id: str
    kind: ContentType
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Survey:
    """What a metrics flow starts from: ``posts`` of one account, at most `Metrics.batch`."""

    account: Account
    posts: Sequence[Sought]
    now: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What the platform told of one publication; ``raw`` is its own answer, not yet redacted."""

    figures: Figures
    raw: JsonObject


@dataclass(frozen=True, slots=True)
class Findings:
    """What came of a survey, by the platform's id: a `Reading`, or None for a publication that the
    platform does not know. What was not asked about is left out; ``failure`` then says why.
    ``usage`` is how much of a limit that publishing shares is used up, if the platform tells."""

    readings: Mapping[str, Reading | None]
    usage: Usage | None = None
    failure: Failure | None = None


PublishFlow: TypeAlias = Generator[Step, Reply, Published]
SettleFlow: TypeAlias = Generator[Step, Reply, Settlement]
RefreshFlow: TypeAlias = Generator[Step, Reply, Tokens]
VerifyFlow: TypeAlias = Generator[Step, Reply, Sightings]
ProfileFlow: TypeAlias = Generator[Step, Reply, Profile]
MetricsFlow: TypeAlias = Generator[Step, Reply, Findings]


@dataclass(frozen=True, slots=True)
class Metrics:
    """How figures are read: ``read`` takes ``batch`` publications of one account at most."""

    batch: int
    read: Callable[[Survey], MetricsFlow]


@dataclass(frozen=True, slots=True)
class Adapter:
    """One platform, in the same parts as every other.

    ``publish`` and ``settle`` raise failures of `domain.failures`; ``settle`` never publishes the
    post, only what is to follow it. ``host`` says by an account's metadata at which of the base
    URLs it is reached (None: the platform's only one).
    ``verify`` looks for up to ``verify_batch`` posts of an account in one run.
    ``refresh_token=None``: the platform's tokens cannot be refreshed without their owner;
    ``needs_refresh_token``: only with a refresh token; ``refresh_age`` is how old a token has to be
    before the platform refreshes it. ``profile`` asks the platform who the account is; it is asked
    anew every ``sync_every``. ``caps`` are an account's on posts, ``app_cap`` the application's.
    """

    platform: Platform
    limits: Limits
    publish: Callable[[Job], PublishFlow]
    settle: Callable[[Job], SettleFlow]
    verify: Callable[[Lookup], VerifyFlow]
    verify_batch: int
    refresh_token: Callable[[Grant], RefreshFlow] | None
    metrics: Metrics
    profile: Callable[[Account, datetime], ProfileFlow]
    host: Callable[[JsonObject], str] | None = None
    needs_refresh_token: bool = True
    refresh_age: timedelta = timedelta(0)
    sync_every: timedelta = timedelta(days=1)
    caps: tuple[Cap, ...] = ()
    app_cap: Cap | None = None

    def caps_of(self, metadata: JsonObject) -> tuple[Cap, ...]:
        """The caps of an account; ``posts_cap`` of its metadata replaces the number of posts where
        the platform grants it another."""
        posts = metadata.get("posts_cap")
        if not isinstance(posts, int) or posts < 1:
            return self.caps
        return tuple(replace(cap, posts=posts) if cap.name == POSTS else cap for cap in self.caps)

    def host_of(self, metadata: JsonObject) -> str:
        """The name of the base URL at which an account with this metadata is reached."""
        return self.platform if self.host is None else self.host(metadata)
