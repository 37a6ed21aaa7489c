"""TikTok Content Posting API v2 (https://developers.tiktok.com/doc/content-posting-api-get-started):
video by upload, video and photos fetched by TikTok. There are no posts of text alone, no stories.

The ``publish_id`` tells afterwards what became of a post. An upload has it before its first byte;
what TikTok fetches is posted by the very call that names it, so a lost answer there can only be
looked for. TikTok never refuses a duplicate.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.content import Json, MediaType
from domain.failures import Rejected
from domain.text import fingerprint
from platforms import timeline
from platforms.adapter import (
    Absent,
    Job,
    Published,
    PublishFlow,
    SettleFlow,
    Settlement,
    Unsettled,
)
from platforms.flow import (
    MediaFacts,
    Reply,
    Request,
    Save,
    Step,
    Unreadable,
    Wait,
    call,
    fenced,
    measure,
    text_of,
)
from platforms.refusals import placed
from platforms.tiktok import media
from platforms.tiktok.codes import data_of, refusal
from platforms.tiktok.options import BOTH, COVER, LEVELS, PRIVACY, SOURCE, WITH_PHOTOS, WITH_VIDEO

AT_FIRST: Final = 5.0
LATER: Final = 20.0
POLL_FOR: Final = 3600.0
ID_WITHIN: Final = timedelta(minutes=3)
CUT: Final = 140
PRIVATE: Final = "SELF_ONLY"
PROCESSING: Final = "TikTok is processing it"


def publish(job: Job) -> PublishFlow:
    """A video is uploaded, unless the setting ``source`` has TikTok fetch it; photos are always
    fetched."""
    if _is_photos(job):
        yield from _handed_over(job, "content", _photo_source(job))
    elif job.content.options.get(SOURCE.name) == "PULL_FROM_URL":
        url = job.content.media[0].url
        source: dict[str, Json] = {"source": "PULL_FROM_URL", "video_url": url}
        yield from _handed_over(job, "video", source)
    else:
        yield from _uploaded(job)
    yield Wait(AT_FIRST, POLL_FOR, PROCESSING)
    raise TypeError("a wait ends the flow")


def settle(job: Job) -> SettleFlow:
    """The publish_id tells; while TikTok is at work there is nothing to doubt, only to wait for."""
    publish_id = job.checkpoint.get("publish_id")
    if not isinstance(publish_id, str):
        looked = yield from _look(job)
        return looked
    body: dict[str, Json] = {"publish_id": publish_id}
    answer = yield from call(Request("POST", "/v2/post/publish/status/fetch/", body=body))
    settlement = _status(job, publish_id, data_of(answer, job.now))
    if isinstance(settlement, Absent) and settlement.because is not None:
        yield Save({})
    if isinstance(settlement, Unsettled):
        early = not timeline.waited(job, timedelta(seconds=30))
        yield Wait(AT_FIRST if early else LATER, POLL_FOR, settlement.why)
    return settlement


def _is_photos(job: Job) -> bool:
    return job.content.media[0].type is MediaType.IMAGE


def _uploaded(job: Job) -> Generator[Step, Reply, None]:
    facts = yield from measure(job.content.media[0])
    kept = dict(job.checkpoint)
    if "upload_url" not in kept or kept.get("size") != facts.size:
        level = yield from _privacy(job)
        answer = yield from call(_init(job, "video", level, _file_source(facts)))
        data = data_of(answer, job.now)
        kept = {
            "publish_id": text_of(data.get("publish_id"), answer.status),
            "upload_url": text_of(data.get("upload_url"), answer.status),
            "size": facts.size,
            "level": level,
        }
        yield Save(kept, now=True)
    yield from media.send(job, facts, kept)


def _handed_over(job: Job, edge: str, source: dict[str, Json]) -> Generator[Step, Reply, None]:
    level = yield from _privacy(job)
    yield Save({"level": level})
    answer = yield from fenced(_init(job, edge, level, source))
    data = data_of(answer, job.now, published=True)
    yield Save({"level": level, "publish_id": text_of(data.get("publish_id"), answer.status)})


def _privacy(job: Job) -> Generator[Step, Reply, str]:
    """What the creator may choose has to be asked before every post."""
    answer = yield from call(Request("POST", "/v2/post/publish/creator_info/query/", body={}))
    creator = data_of(answer, job.now)
    options = creator.get("privacy_level_options")
    if not isinstance(options, list):
        raise Unreadable(answer.status)
    wanted = job.content.options.get(PRIVACY.name)
    if wanted is not None and wanted not in options:
        raise Rejected(
            f"TikTok: privacy_level {wanted} is not open to this creator; one of"
            f" {', '.join(map(str, options))} is",
            item="metadata.tiktok.privacy_level",
        )
    level = str(wanted or next((level for level in LEVELS if level in options), PRIVATE))
    if level == PRIVATE and job.content.options.get("brand_content_toggle") is True:
        raise Rejected(
            "TikTok: a paid partnership cannot be posted for the creator alone",
            item="metadata.tiktok.brand_content_toggle",
        )
    _check_duration(job, creator.get("max_video_post_duration_sec"))
    return level


def _check_duration(job: Job, most: Json) -> None:
    seconds = job.content.media[0].duration
    if isinstance(most, int) and seconds is not None and seconds > most:
        raise Rejected(f"TikTok: {seconds} seconds; this creator may post {most}", item="media[0]")


def _init(job: Job, edge: str, level: str, source: dict[str, Json]) -> Request:
    content, post_info = job.content, _post_info(job, level)
    if edge == "content":
        body: dict[str, Json] = {"media_type": "PHOTO", "post_mode": "DIRECT_POST"}
        if content.title:
            post_info["title"] = content.title
        post_info["description"] = content.text
    else:
        body = {}
        post_info["title"] = content.text
    body |= {"post_info": post_info, "source_info": source}
    return Request("POST", f"/v2/post/publish/{edge}/init/", body=body)


def _post_info(job: Job, level: str) -> dict[str, Json]:
    options = job.content.options
    given: dict[str, Json] = {
        option.name: options[option.name]
        for option in (*BOTH, *WITH_VIDEO, *WITH_PHOTOS)
        if option.goes_with(job.content.kind) and options.get(option.name) is not None
    }
    return {"privacy_level": level, **given}


def _file_source(facts: MediaFacts) -> dict[str, Json]:
    size, count = media.division(facts)
    return {
        "source": "FILE_UPLOAD",
        "video_size": facts.size,
        "chunk_size": size,
        "total_chunk_count": count,
    }


def _photo_source(job: Job) -> dict[str, Json]:
    cover = job.content.options.get(COVER.name)
    return {
        "source": "PULL_FROM_URL",
        "photo_images": [photo.url for photo in job.content.media],
        "photo_cover_index": cover if isinstance(cover, int) else 0,
    }


def _status(job: Job, publish_id: str, data: Mapping[str, Json]) -> Settlement:
    match data.get("status"):
        case "PUBLISH_COMPLETE":
            return _published(job, publish_id, data)
        case "FAILED":
            reason = str(data.get("fail_reason") or "no reason given")
            failure = refusal(reason, reason, job.now)
            if isinstance(failure, Rejected):
                failure = placed(failure, len(job.content.media))
            return Absent(failure)
        case "SEND_TO_USER_INBOX":
            return Absent(Rejected("TikTok left it in the creator's inbox: finish it there"))
        case "PROCESSING_UPLOAD" if _is_short(job, data.get("uploaded_bytes")):
            return Absent()
    return Unsettled(PROCESSING)


def _is_short(job: Job, uploaded: Json) -> bool:
    """The last chunk did not arrive. It can be sent again to the same upload."""
    size = job.checkpoint.get("size")
    known = isinstance(uploaded, int) and isinstance(size, int) and uploaded < size
    return known and timeline.waited(job)


def _published(job: Job, publish_id: str, data: Mapping[str, Json]) -> Published | Unsettled:
    """A public post gets its id after moderation, a minute later as a rule, at times hours. After
    some minutes the publish_id stands for it; a private post never gets another."""
    found = data.get("publicaly_available_post_id") or data.get("publicly_available_post_id")
    post_id = found[0] if isinstance(found, list) and found else found
    if post_id:
        return Published(str(post_id), _link(job, str(post_id)))
    if job.checkpoint.get("level") == PRIVATE or timeline.waited(job, ID_WITHIN):
        return Published(publish_id, None)
    return Unsettled("TikTok has posted it and has not named it yet")


def _link(job: Job, post_id: str) -> str:
    kind = "photo" if _is_photos(job) else "video"
    return f"https://www.tiktok.com/@{job.account.username}/{kind}/{post_id}"


def _look(job: Job) -> SettleFlow:
    """The answer that would have named it is lost. The creator's list shows public posts, after
    moderation, and perhaps no photos: what is not there is not proven absent."""
    if job.checkpoint.get("level") == PRIVATE:
        return Unsettled("TikTok shows nobody what is for the creator alone")
    query = {"fields": "id,create_time,title,video_description,share_url"}
    body: dict[str, Json] = {"max_count": 20}
    answer = yield from call(Request("POST", "/v2/video/list/", query=query, body=body))
    videos = data_of(answer, job.now).get("videos")
    rows = [row for row in videos if isinstance(row, dict)] if isinstance(videos, list) else []
    ours = [row for row in rows if _is_ours(job, row) and str(row.get("id")) not in job.known]
    if len(ours) == 1:
        post_id = text_of(ours[0].get("id"), answer.status)
        link = ours[0].get("share_url")
        return Published(post_id, link if isinstance(link, str) else _link(job, post_id))
    return Unsettled(f"of the creator's public posts since, {len(ours)} look like it")


def _is_ours(job: Job, row: Mapping[str, Json]) -> bool:
    at = row.get("create_time")
    since = (job.intent_at or job.now) - timeline.CLOCKS
    if not isinstance(at, int) or datetime.fromtimestamp(at, UTC) < since:
        return False
    wanted = {_start(job.content.text)}
    if _is_photos(job) and job.content.title:
        wanted.add(_start(job.content.title))
    shown = (row.get("video_description"), row.get("title"))
    return any(_start(str(text)) in wanted for text in shown if text is not None)


def _start(text: str) -> str:
    """The list cuts texts at 150 characters."""
    return fingerprint(text[:CUT])
