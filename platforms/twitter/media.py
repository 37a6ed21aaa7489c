"""Media on X (https://docs.x.com/x-api/media/quickstart/media-upload-chunked): a photo in one call,
a GIF or video in segments, then processing, then its alt text.

A media id is good for 24 hours. Each segment that is through is stored at once, so a crash goes on
with the next.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import timedelta
from itertools import takewhile
from typing import Final

from domain.content import Json, Media, MediaType
from domain.failures import Failure, Rejected, Unavailable
from platforms.adapter import Job
from platforms.flow import (
    Answer,
    Reply,
    Request,
    Step,
    Upload,
    Wait,
    call,
    measure,
    text_of,
    upload,
)
from platforms.refusals import Meaning
from platforms.twitter import errors
from platforms.uploads import Entry, Uploads, Work, item, kept

PATH: Final = "/2/media/upload"
SEGMENT: Final = 1024**2
SEND_SECONDS: Final = 120.0
POLL_EVERY: Final = 5.0
POLL_FOR: Final = 1800.0
GOOD_FOR: Final = 86_400
MARGIN: Final = timedelta(hours=1)
PROCESSED: Final = ("succeeded", None)
CATEGORIES: Final = {
    MediaType.IMAGE: "tweet_image",
    MediaType.GIF: "tweet_gif",
    MediaType.VIDEO: "tweet_video",
}
DEFAULT_TYPES: Final = {MediaType.GIF: "image/gif", MediaType.VIDEO: "video/mp4"}


def attached(job: Job) -> Generator[Step, Reply, list[Entry]]:
    """All media of the post, ready to be shown. Raises what is wrong with one by its position."""
    late = (job.now + MARGIN).timestamp()
    good = takewhile(lambda entry: _number(entry, "until") >= late, kept(job))
    uploads = Uploads(job, job.content.media, list(good))
    yield from uploads.sent(_sent)
    for position in range(len(uploads.media)):
        yield from _ready(uploads, position)
        yield from _described(uploads, position)
    return uploads.entries


def _sent(uploads: Uploads, position: int) -> Work:
    media = uploads.media[position]
    if _category(media) == "tweet_image":
        yield from _photo(uploads, position, media)
    else:
        yield from _segments(uploads, position, media)


def _category(media: Media) -> str:
    return CATEGORIES[MediaType.GIF if media.mime_type == "image/gif" else media.type]


def _photo(uploads: Uploads, position: int, media: Media) -> Work:
    request = Request("POST", PATH, form={"media_category": "tweet_image"}, timeout=SEND_SECONDS)
    answer = yield from upload(Upload(request, media, field="media"))
    entry = _entry(uploads.job, errors.object_of(answer, uploads.job.now, item(position)), answer)
    uploads.entries.append({**entry, "sent_all": True})
    yield uploads.save()


def _segments(uploads: Uploads, position: int, media: Media) -> Work:
    size = (yield from measure(media)).size
    if position < len(uploads.entries) and uploads.entries[position].get("size") != size:
        yield uploads.forget(position)
    if position == len(uploads.entries):
        yield from _initialize(uploads, position, size)
    entry = uploads.entries[position]
    for segment in range(_number(entry, "segments"), -(-size // SEGMENT)):
        yield from _append(uploads, position, segment, size)
    path = f"{PATH}/{entry['id']}/finalize"
    data = yield from _of_upload(uploads, position, (yield from call(Request("POST", path))))
    entry.update(sent_all=True, processed=_state(data)[0] is None)
    yield uploads.save()


def _initialize(uploads: Uploads, position: int, size: int) -> Work:
    media = uploads.media[position]
    body: dict[str, Json] = {
        "media_type": media.mime_type or DEFAULT_TYPES.get(media.type, "video/mp4"),
        "total_bytes": size,
        "media_category": _category(media),
    }
    answer = yield from call(Request("POST", f"{PATH}/initialize", body=body))
    entry = _entry(uploads.job, errors.object_of(answer, uploads.job.now, item(position)), answer)
    uploads.entries.append({**entry, "processed": False, "size": size, "segments": 0})
    yield uploads.save()


def _append(uploads: Uploads, position: int, segment: int, size: int) -> Work:
    entry, media = uploads.entries[position], uploads.media[position]
    first = segment * SEGMENT
    last = min(first + SEGMENT, size) - 1
    request = Request(
        "POST",
        f"{PATH}/{entry['id']}/append",
        form={"segment_index": str(segment)},
        timeout=SEND_SECONDS,
    )
    answer = yield from upload(Upload(request, media, first, last, field="media"))
    if not answer.ok:
        yield from _of_upload(uploads, position, answer)
    entry["segments"] = segment + 1
    yield uploads.save()


def _ready(uploads: Uploads, position: int) -> Work:
    """Go on when X is through with it; wait while it is not."""
    entry = uploads.entries[position]
    if entry.get("processed"):
        return
    query = {"command": "STATUS", "media_id": str(entry["id"])}
    answer = yield from call(Request("GET", PATH, query=query))
    data = yield from _of_upload(uploads, position, answer)
    state, after = _state(data)
    if state == "failed":
        yield uploads.forget(position)
        raise _unprocessed(data, position)
    if state not in PROCESSED:
        yield Wait(after, POLL_FOR, f"X is processing {item(position)}")
    entry["processed"] = True
    yield uploads.save()


def _described(uploads: Uploads, position: int) -> Work:
    """Alt text; X shows it of photos and GIFs."""
    entry, media = uploads.entries[position], uploads.media[position]
    if not media.alt_text or media.type is MediaType.VIDEO or entry.get("described"):
        return
    body: Json = {"id": entry["id"], "metadata": {"alt_text": {"text": media.alt_text}}}
    answer = yield from call(Request("POST", "/2/media/metadata", body=body))
    if not answer.ok:
        raise errors.refusal(answer, uploads.job.now, item(position))
    entry["described"] = True
    yield uploads.save()


def _of_upload(
    uploads: Uploads, position: int, answer: Answer
) -> Generator[Step, Reply, Mapping[str, Json]]:
    """The answer's object. An upload that X no longer knows is forgotten, to be made anew."""
    if answer.status == 404 or (not answer.ok and errors.meaning(answer) is Meaning.STALE):
        yield uploads.forget(position)
        raise Unavailable(f"X lost the upload of {item(position)}", status=answer.status)
    return errors.object_of(answer, uploads.job.now, item(position))


def _unprocessed(data: Mapping[str, Json], position: int) -> Failure:
    """Why X could not process it; what is not the media's fault may work another time."""
    info = data.get("processing_info")
    error = info.get("error") if isinstance(info, dict) else None
    told = error if isinstance(error, dict) else {}
    name, reason = str(told.get("name") or ""), told.get("message") or "no reason given"
    words = f"{item(position)}: X could not process it ({reason})"
    if "internal" in name.lower():
        return Unavailable(words, code=name)
    return Rejected(words, item=item(position), code=name or None)


def _entry(job: Job, data: Mapping[str, Json], answer: Answer) -> Entry:
    seconds = data.get("expires_after_secs")
    good_for = min(seconds, GOOD_FOR) if isinstance(seconds, int) else GOOD_FOR
    return {
        "id": text_of(data.get("id"), answer.status),
        "key": data.get("media_key"),
        "until": int(job.now.timestamp()) + good_for,
        "processed": _state(data)[0] is None,
    }


def _state(data: Mapping[str, Json]) -> tuple[str | None, float]:
    """The state of the processing (None: there is nothing to process) and when to look again."""
    info = data.get("processing_info")
    if not isinstance(info, dict):
        return None, POLL_EVERY
    after = info.get("check_after_secs")
    return str(info.get("state")), max(float(after), 1.0) if isinstance(after, int) else POLL_EVERY


def _number(entry: Entry, name: str) -> int:
    value = entry.get(name)
    return value if isinstance(value, int) else 0
