"""Media on LinkedIn (https://learn.microsoft.com/linkedin/marketing/community-management/shares/
videos-api, …/images-api, …/documents-api): initialise, send, finalise a video, wait until it is
available.

Each part of a video that is through is stored at once, so a crash goes on with the next.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping, Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from domain.content import Json, Media, MediaType
from domain.failures import Rejected, Unavailable
from platforms.adapter import Job
from platforms.flow import (
    Answer,
    Reply,
    Request,
    Step,
    Unreadable,
    Upload,
    Wait,
    call,
    measure,
    text_of,
    upload,
)
from platforms.linkedin import api, errors
from platforms.refusals import Meaning
from platforms.uploads import Entry, Uploads, Work, item, kept

SEND_SECONDS: Final = 300.0
POLL_EVERY: Final = 10.0
POLL_FOR: Final = 1800.0
REST: Final = 20.0  # for media that may not be looked at
FAMILIES: Final = {
    MediaType.IMAGE: ("images", "image"),
    MediaType.GIF: ("images", "image"),
    MediaType.DOCUMENT: ("documents", "document"),
    MediaType.VIDEO: ("videos", "video"),
}
WORKING: Final = ("WAITING_UPLOAD", "PROCESSING")
EXPIRED: Final = (401, 403, 404)  # an upload address that has run out
LOST: Final = (404,)


def attached(job: Job, media: Sequence[Media]) -> Generator[Step, Reply, list[str]]:
    """The URNs of ``media``, uploaded and available. Raises what is wrong with one by its
    position."""
    uploads = Uploads(job, media, kept(job))
    yield from uploads.sent(_sent)
    for position in range(len(media)):
        yield from _available(uploads, position)
    return [str(entry["urn"]) for entry in uploads.entries]


def picture(url: str) -> Media:
    """A picture that is no media of the post: a thumbnail."""
    return Media(uuid5(NAMESPACE_URL, url), MediaType.IMAGE, url)


def _sent(uploads: Uploads, position: int) -> Work:
    if uploads.media[position].type is MediaType.VIDEO:
        yield from _video(uploads, position)
    else:
        yield from _whole(uploads, position)


def _whole(uploads: Uploads, position: int) -> Work:
    """A picture or document: one call to send it."""
    media, job = uploads.media[position], uploads.job
    family, name = FAMILIES[media.type]
    value = yield from _initialized(job, family, {"owner": api.author(job.account)}, position)
    urn, url = text_of(value.get(name), 200), text_of(value.get("uploadUrl"), 200)
    answer = yield from upload(Upload(Request("PUT", url, timeout=SEND_SECONDS), media))
    if not answer.ok:
        yield from _refused(uploads, position, answer)
    uploads.entries.append({"urn": urn, "sent_all": True})
    yield uploads.save()


def _video(uploads: Uploads, position: int) -> Work:
    media, job = uploads.media[position], uploads.job
    size = (yield from measure(media)).size
    if position < len(uploads.entries) and not _is_good(job, uploads.entries[position], size):
        yield uploads.forget(position)
    if position == len(uploads.entries):
        yield from _begin(uploads, position, size)
    entry = uploads.entries[position]
    parts, tags = _listed(entry.get("parts")), _listed(entry.get("tags"))
    for part in parts[len(tags) :]:
        tags.append((yield from _part(uploads, position, part)))
        entry["tags"] = [*tags]
        yield uploads.save()
    yield from _thumbnail(uploads, position)
    finished: dict[str, Json] = {
        "video": entry["urn"],
        "uploadToken": entry.get("upload_token"),
        "uploadedPartIds": tags,
    }
    body: dict[str, Json] = {"finalizeUploadRequest": finished}
    answer = yield from call(api.post(job.account, "videos?action=finalizeUpload", body))
    if not answer.ok:
        yield from _refused(uploads, position, answer, LOST)
    uploads.entries[position] = {"urn": entry["urn"], "sent_all": True}
    yield uploads.save()


def _begin(uploads: Uploads, position: int, size: int) -> Work:
    media, job = uploads.media[position], uploads.job
    wanted: dict[str, Json] = {
        "owner": api.author(job.account),
        "fileSizeBytes": size,
        "uploadCaptions": False,
        "uploadThumbnail": media.thumbnail_url is not None,
    }
    value = yield from _initialized(job, "videos", wanted, position)
    parts = [
        [one.get("uploadUrl"), one.get("firstByte"), one.get("lastByte")]
        for one in _listed(value.get("uploadInstructions"))
        if isinstance(one, dict)
    ]
    if not parts:
        raise Unreadable(200)
    uploads.entries.append(
        {
            "urn": text_of(value.get("video"), 200),
            "size": size,
            "until": value.get("uploadUrlsExpireAt"),
            "upload_token": value.get("uploadToken") or "",
            "parts": list[Json](parts),
            "tags": [],
            "thumbnail": value.get("thumbnailUploadUrl"),
        }
    )
    yield uploads.save()


def _is_good(job: Job, entry: Entry, size: int) -> bool:
    """Whether an upload that was begun can be gone on with."""
    until = entry.get("until")
    expired = isinstance(until, int) and until / 1000 <= job.now.timestamp()
    return entry.get("size") == size and not expired


def _part(uploads: Uploads, position: int, part: Json) -> Generator[Step, Reply, Json]:
    """One part, by its own address, which holds the right to send it. Returns its ETag."""
    if not isinstance(part, list):
        raise Unreadable(200)
    url, first, last = part
    if not isinstance(url, str) or not isinstance(first, int) or not isinstance(last, int):
        raise Unreadable(200)
    kind = {"content-type": "application/octet-stream"}
    request = Request("PUT", url, headers=kind, scheme=None, timeout=SEND_SECONDS)
    answer = yield from upload(Upload(request, uploads.media[position], first, last))
    if not answer.ok:
        yield from _refused(uploads, position, answer)
    return text_of(answer.headers.get("etag"), answer.status)


def _thumbnail(uploads: Uploads, position: int) -> Work:
    """The video's still; one that cannot be fetched or is refused holds the post back."""
    entry, url = uploads.entries[position], uploads.media[position].thumbnail_url
    target = entry.get("thumbnail")
    if url is None or not isinstance(target, str):
        return
    headers = {"content-type": "application/octet-stream", "media-type-family": "STILLIMAGE"}
    request = Request("PUT", target, headers=headers, timeout=SEND_SECONDS)
    answer = yield from upload(Upload(request, picture(url)))
    if not answer.ok:
        yield from _refused(uploads, position, answer)
    entry["thumbnail"] = None
    yield uploads.save()


def _available(uploads: Uploads, position: int) -> Work:
    """Go on when LinkedIn is through with it; what may not be looked at is given some seconds."""
    entry, job = uploads.entries[position], uploads.job
    if entry.get("available"):
        return
    family, _ = FAMILIES[uploads.media[position].type]
    answer = yield from call(api.get(job.account, f"{family}/{api.encoded(str(entry['urn']))}"))
    if answer.status == 403:
        uploads.entries[:] = [{**one, "available": True} for one in uploads.entries]
        yield uploads.save()
        yield Wait(REST, POLL_FOR, f"LinkedIn is processing {item(position)}")
    if not answer.ok:
        yield from _refused(uploads, position, answer, LOST)
    body = answer.json()
    if body.get("status") == "PROCESSING_FAILED":
        yield uploads.forget(position)
        reason = body.get("processingFailureReason") or "no reason given"
        words = f"{item(position)}: LinkedIn could not process it ({reason})"
        raise Rejected(words, item=item(position), code="PROCESSING_FAILED")
    if body.get("status") in WORKING:
        yield Wait(POLL_EVERY, POLL_FOR, f"LinkedIn is processing {item(position)}")
    entry["available"] = True
    yield uploads.save()


def _initialized(
    job: Job, family: str, wanted: Mapping[str, Json], position: int
) -> Generator[Step, Reply, Mapping[str, Json]]:
    body: dict[str, Json] = {"initializeUploadRequest": dict(wanted)}
    answer = yield from call(api.post(job.account, f"{family}?action=initializeUpload", body))
    if not answer.ok:
        raise errors.refusal(answer, job.now, item(position))
    value = answer.json().get("value")
    if not isinstance(value, dict):
        raise Unreadable(answer.status)
    return value


def _refused(
    uploads: Uploads, position: int, answer: Answer, gone: Collection[int] = EXPIRED
) -> Work:
    """An address that has run out, or an upload that is lost: made anew with the next try."""
    if answer.status in gone or errors.meaning(answer) is Meaning.STALE:
        yield uploads.forget(position)
        raise Unavailable(f"LinkedIn lost the upload of {item(position)}", status=answer.status)
    raise errors.refusal(answer, uploads.job.now, item(position))


def _listed(value: Json) -> list[Json]:
    return [*value] if isinstance(value, list) else []
