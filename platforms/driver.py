"""Runs the flows of all platforms: the one place where requests leave, and where doubt about the
publishing call is turned into `OutcomeUnknown`."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeAlias, TypeVar
from urllib.parse import urlencode

import httpx
import tenacity

from domain.content import JsonObject
from domain.failures import Failure, OutcomeUnknown, TokenExpired, Unavailable
from platforms.adapter import Published
from platforms.flow import (
    Answer,
    Call,
    Fenced,
    Look,
    Measure,
    MediaFacts,
    Reply,
    Request,
    Save,
    Seen,
    Step,
    Unreadable,
    Upload,
    Wait,
)
from platforms.media import MediaStore
from platforms.usage import USAGE_HEADERS
from platforms.wire import Incoming, Wire

R = TypeVar("R")
# A request's body and the headers that go with it.
Content: TypeAlias = tuple[bytes | Iterable[bytes], Mapping[str, str]]

BODY_LIMIT: Final = 4 * 1024**2
TRIES: Final = 3
SECRET_FIELDS: Final = ("access_token", "refresh_token", "client_secret")
NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.LocalProtocolError)
USER_AGENT: Final = "publishing-engine/0.1"
TRACES: Final = (
    "x-fb-trace-id",
    "x-transaction-id",
    "x-li-uuid",
    "x-tt-logid",
    "x-request-id",
)
FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
JSON: Final = {"content-type": "application/json"}
_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
HEADERS: Final = {"user-agent": USER_AGENT, "accept-encoding": "gzip, deflate"}


class Journal(Protocol):
    """What the driver asks of the keeper of the row, before it goes on."""

    def announce(self) -> None:
        """Commit the intent of the fenced call. Raises when the call must not be made."""

    def save(self, checkpoint: JsonObject, *, now: bool = False) -> None:
        """Keep the checkpoint, to be stored with the next announcement or wait; ``now``: at once.
        Raises when the work must not go on."""


@dataclass(frozen=True, slots=True)
class Paused:
    """The flow waits for the platform and starts again from its checkpoint in ``seconds``."""

    seconds: float
    budget: float
    reason: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the last answer said of itself, for the ledger."""

    status: int | None = None
    trace: str | None = None
    usage: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Exchange:
    """One run of one flow over HTTP, with one access token."""

    wire: Wire
    base_url: str
    access_token: str | None = field(repr=False)
    media: MediaStore
    announced: bool = False
    beyond: bool = False
    accepted: str | None = None
    spoken: Spoken = field(default_factory=Spoken)

    def run(self, flow: Generator[Step, Reply, R], journal: Journal) -> R | Paused | Published:
        """Drive ``flow`` to its end. What fails at a step is raised in the flow, there. Raises what
        the flow lets through; `OutcomeUnknown` for every doubt that comes after the announcement.
        Nothing raised carries a secret."""
        with closing(flow), closing(self.media):
            try:
                step = next(flow)
                while not isinstance(step, Wait):
                    step = self._advance(flow, step, journal)
                return Paused(step.seconds, step.budget, step.reason)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # it is R by the flow's type
            except Unreadable as fault:
                return self._after(self._doubt(str(fault), fault.status))
            except Failure as failure:
                return self._after(failure)

    def _advance(self, flow: Generator[Step, Reply, R], step: Step, journal: Journal) -> Step:
        if not isinstance(step, Save):
            self.beyond = self.announced
        try:
            reply = self._answer(step, journal)
        except Failure as failure:
            return flow.throw(failure)
        return flow.send(reply)

    def _after(self, failure: Failure) -> Published:
        """Once the platform has named the post, nothing that fails undoes it; once the publishing
        call was taken, whatever fails afterwards leaves a doubt."""
        if self.accepted is not None and not isinstance(failure, TokenExpired):
            return Published(self.accepted, None)
        if self.beyond and self.accepted is None:
            raise self._doubt(failure.message, failure.status)
        raise failure

    def _answer(self, step: Step, journal: Journal) -> Reply:
        match step:
            case Call(request):
                return self._repeatable(request, lambda: _content(request))
            case Upload(request=request):
                return self._repeatable(request, lambda: self._media_content(step))
            case Look() | Measure():
                return self._of_media(step)
            case Save(checkpoint, now):
                accepted = checkpoint.get("published_id")
                self.accepted = accepted if isinstance(accepted, str) else None
                journal.save(checkpoint, now=now)
                return None
            case Fenced(what):
                if isinstance(what, Upload):
                    return self._announced(what.request, self._media_content(what), journal)
                return self._announced(what, _content(what), journal)
            case Wait():
                raise TypeError("Wait ends the flow")

    def _of_media(self, step: Look | Measure) -> Seen | MediaFacts:
        if isinstance(step, Look):
            return self.media.look(step.media)
        return self.media.get(step.media).facts

    def _repeatable(self, request: Request, content: Callable[[], Content]) -> Answer:
        """Tried again for a few seconds when the platform is not reached or answers 5xx."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Unavailable),
            stop=tenacity.stop_after_attempt(TRIES),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=2),
            reraise=True,
        )
        return retrying(self._attempt, request, content)

    def _attempt(self, request: Request, content: Callable[[], Content]) -> Answer:
        try:
            answer = self._exchange(request, content())
        except _Broken as broken:
            raise Unavailable(f"{_where(request)}: {broken.why}") from None
        if answer.status >= 500:
            raise Unavailable(
                f"{_where(request)} answered HTTP {answer.status}", status=answer.status
            )
        return answer

    def _announced(self, request: Request, content: Content, journal: Journal) -> Answer:
        journal.announce()
        self.announced = True
        try:
            answer = self._exchange(request, content)
        except _Broken as broken:
            if broken.sent:
                raise self._doubt(broken.why, None) from None
            raise Unavailable(f"{_where(request)}: {broken.why}") from None
        if answer.status >= 500 or answer.status == 408:
            raise self._doubt(f"HTTP {answer.status}", answer.status)
        return answer

    def _media_content(self, step: Upload) -> Content:
        fetched = self.media.get(step.media)
        last = fetched.facts.size - 1 if step.last is None else step.last
        if step.field is not None:
            part = ("media", b"".join(fetched.blocks(step.first, last)), fetched.facts.mime_type)
            return _form(step.request.form or {}, {step.field: part})
        length = str(last - step.first + 1)
        return fetched.blocks(step.first, last), {"content-length": length}

    def _doubt(self, why: str, status: int | None) -> Failure:
        if not self.announced:
            return Unavailable(f"the platform's answer cannot be used: {why}", status=status)
        return OutcomeUnknown(
            f"the publishing call left, but its outcome is not known: {why}", status=status
        )

    def _secrets(self, request: Request) -> Collection[str]:
        """What was sent that nobody may read."""
        sent = {**request.query, **(request.form or {})}
        found = {self.access_token, *(sent.get(name) for name in SECRET_FIELDS)}
        return {secret for secret in found if secret}

    def _exchange(self, request: Request, content: Content) -> Answer:
        """One request over the wire, within its deadline. Raises `_Broken`."""
        body, told = content
        headers = {**HEADERS, **told}
        if request.scheme and self.access_token is not None:
            headers["authorization"] = f"{request.scheme} {self.access_token}"
        headers.update(request.headers)
        url = request.path if "://" in request.path else self.base_url + request.path
        if request.query:
            url = f"{url}?{urlencode(request.query)}"
        try:
            sent = self.wire.send(request.method, url, headers, body, request.timeout)
            with closing(sent) as incoming:
                self.spoken = _spoken(incoming)
                answer = _read(incoming)
        except NEVER_SENT as fault:
            raise _Broken(_plain(fault), sent=False) from None
        except (httpx.TransportError, httpx.DecodingError, _Overrun) as fault:
            raise _Broken(_plain(fault), sent=True) from None
        return answer if answer.ok else _unspoken(answer, self._secrets(request))


def _unspoken(answer: Answer, secrets: Collection[str]) -> Answer:
    """A refusal without the secrets that it repeats: its words go to rows and logs."""
    content = answer.content
    for secret in secrets:
        content = content.replace(secret.encode(), b"[hidden]")
    return replace(answer, content=content)


def _content(request: Request) -> Content:
    if request.form is not None:
        return urlencode(request.form).encode(), FORM
    if request.data is not None:
        return request.data, {}
    return (b"", {}) if request.body is None else (_COMPACT.encode(request.body).encode(), JSON)


def _form(fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes, str]]) -> Content:
    """A form with files, as httpx writes it."""
    form = httpx.Request("POST", "http://form", data=dict(fields), files=dict(files))
    return form.read(), {"content-type": form.headers["content-type"]}


class _Broken(Exception):
    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.why = why
        self.sent = sent


class _Overrun(Exception):
    """The answer is too long."""


def _read(incoming: Incoming) -> Answer:
    """The whole body, no longer than the limit. A status below 500 that says no is kept even when
    its body does not arrive."""
    body = bytearray()
    try:
        for block in incoming.body():
            body += block
            _check_size(len(body))
    except (httpx.TransportError, httpx.DecodingError, _Overrun):
        if not 300 <= incoming.status < 500:
            raise
        body.clear()
    return Answer(incoming.status, incoming.headers, bytes(body))


def _check_size(size: int) -> None:
    if size > BODY_LIMIT:
        raise _Overrun


def _spoken(incoming: Incoming) -> Spoken:
    headers = incoming.headers
    usage = {name: headers[name] for name in USAGE_HEADERS if name in headers}
    return Spoken(incoming.status, _trace(headers), usage)


def _trace(headers: Mapping[str, str]) -> str | None:
    for name in TRACES:
        if name in headers:
            return headers[name][:255]
    return None


def _plain(fault: Exception) -> str:
    """Words for a transport error; httpx's own text may hold the URL."""
    names = {
        "ConnectError": "the connection was refused",
        "ConnectTimeout": "the connection timed out",
        "ReadTimeout": "no answer came in time",
        "WriteTimeout": "the request could not be sent in time",
    }
    return names.get(type(fault).__name__, "the connection broke")


def _where(request: Request) -> str:
    return f"{request.method} {request.path.partition('?')[0]}"
