"""The steps of a flow: a generator that says what to do, without I/O, the way httpx writes auth.

``platforms.driver`` runs the steps of all platforms and sends each answer back in. So an adapter
holds only what is particular to a platform, and every step can be broken without a network.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from domain.content import Json, JsonObject, Media
from domain.failures import Unavailable

Method: TypeAlias = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. ``path`` is joined to the platform's base URL, unless it is a whole URL
    (upload hosts). At most one of ``form``, ``body`` (sent as JSON) and ``data`` is given.

    The driver adds ``Authorization: <scheme> <access token>``; ``scheme=None`` sends no token.
    ``timeout`` is the deadline of the whole exchange in seconds.
    """

    method: Method
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    body: Json = None
    data: bytes | None = None
    scheme: Literal["Bearer", "OAuth"] | None = "Bearer"
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: any status below 500. ``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> dict[str, Json]:
        """The body as a JSON object. Raises `Unreadable` for anything else."""
        try:
            value = json.loads(self.content)
        except ValueError:
            raise Unreadable(self.status) from None
        if not isinstance(value, dict):
            raise Unreadable(self.status)
        return value


class Unreadable(Exception):
    """An answer of a shape that the adapter does not know. After the fenced call the driver makes
    `OutcomeUnknown` of it, before that `Unavailable`."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the answer (HTTP {status}) has an unknown shape")
        self.status = status


@dataclass(frozen=True, slots=True)
class Call:
    """A repeatable request: a read, a container, an upload. Tried again by the driver when it
    surely may be; answered with an `Answer` (status below 500), or `Unavailable` is raised in the
    flow, which ends with it unless it knows better."""

    request: Request


@dataclass(frozen=True, slots=True)
class Save:
    """Keep the checkpoint: it is stored with the next announcement or wait, and the flow then
    starts with it (``Job.checkpoint``). It replaces the one before. A ``published_id`` in it says
    that the platform has named the post: nothing that fails later undoes that.

    ``now`` stores it at once, for what is costly to do again: each part of a long upload."""

    checkpoint: JsonObject
    now: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Free the worker and start the flow again in ``seconds`` with the last checkpoint. After
    ``budget`` seconds of waiting in all, the publication fails as `Unavailable` with ``reason``."""

    seconds: float
    budget: float
    reason: str


@dataclass(frozen=True, slots=True)
class Look:
    """Learn what the media is from its first bytes, without fetching it; answered with `Seen`. What
    its host does not show stays unknown. `Rejected` is raised in the flow for an address that may
    not be used, or where nothing is."""

    media: Media


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file's own bytes say; None: not told. ``size`` is in bytes, ``duration`` in seconds,
    ``width`` and ``height`` in pixels as shown, ``frames`` those of a moving image. ``fault`` says
    why nobody can read the file."""

    mime_type: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    frames: int | None = None
    codec: str | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """Fetch the media through the guard and answer `MediaFacts`."""

    media: Media


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What was fetched: ``size`` in bytes; its type as its bytes tell, or else its host."""

    size: int
    mime_type: str
    seen: Seen = field(default_factory=Seen)


@dataclass(frozen=True, slots=True)
class Upload:
    """Send bytes ``first`` up to and with ``last`` of the media as the body (None: to the end), or
    as the file ``field`` of a multipart form, beside the request's own; such a part is held in
    memory. Repeatable, answered like `Call`."""

    request: Request
    media: Media
    first: int = 0
    last: int | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Fenced:
    """The one request that makes the post public. Its intent is committed first; it is sent at
    most once; any doubt about it is raised in the flow as `OutcomeUnknown`."""

    step: Request | Upload


Step: TypeAlias = Call | Fenced | Save | Wait | Look | Measure | Upload
Reply: TypeAlias = Answer | Seen | MediaFacts | None


def call(request: Request) -> Generator[Step, Reply, Answer]:
    """``answer = yield from call(request)``: a `Call` with its answer typed."""
    return answered((yield Call(request)))


def fenced(request: Request | Upload) -> Generator[Step, Reply, Answer]:
    """``answer = yield from fenced(request)``: a `Fenced` with its answer typed."""
    return answered((yield Fenced(request)))


def upload(step: Upload) -> Generator[Step, Reply, Answer]:
    """``answer = yield from upload(Upload(…))``, with its answer typed."""
    return answered((yield step))


def optional(request: Request) -> Generator[Step, Reply, Answer | None]:
    """``answer = yield from optional(request)``: of a read that nothing depends on; None: refused,
    or not to be had."""
    try:
        answer = yield from call(request)
    except Unavailable:
        return None
    return answer if answer.ok else None


def measure(media: Media) -> Generator[Step, Reply, MediaFacts]:
    """``facts = yield from measure(media)``, with its answer typed."""
    reply = yield Measure(media)
    if not isinstance(reply, MediaFacts):
        raise TypeError("the driver answers Measure with MediaFacts")
    return reply


def answered(reply: Reply) -> Answer:
    if not isinstance(reply, Answer):
        raise TypeError("the driver answers requests with an Answer")
    return reply


def text_of(value: Json, status: int) -> str:
    """A string or number that the platform promises as text. Raises `Unreadable`."""
    if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
        return str(value)
    raise Unreadable(status)
