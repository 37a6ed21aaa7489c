"""TikTok's upload of a video, chunk by chunk
(https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide).

The upload URL lives for an hour. A chunk that is through is stored at once, so a crash goes on with
the next. Nothing is posted without all of the bytes, so the last chunk is the fenced call; sent
again to the same URL it cannot make a second post.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Final

from domain.content import Json
from domain.failures import Unavailable
from platforms.adapter import Job
from platforms.flow import (
    Answer,
    MediaFacts,
    Reply,
    Request,
    Save,
    Step,
    Upload,
    fenced,
    upload,
)
from platforms.tiktok.limits import VIDEO_TYPES

ONE_CHUNK: Final = 64_000_000
CHUNK: Final = 10 * 1024**2
SECONDS: Final = 300.0
BEYOND: Final = 416


def division(facts: MediaFacts) -> tuple[int, int]:
    """Chunk size and count: whole up to 64 MB, else pieces, the rest merged into the last."""
    if facts.size <= ONE_CHUNK:
        return facts.size, 1
    return CHUNK, facts.size // CHUNK


def chunks(job: Job, facts: MediaFacts, upload_url: str) -> list[Upload]:
    size, count = division(facts)
    found = []
    for place in range(count):
        first = place * size
        last = facts.size - 1 if place == count - 1 else first + size - 1
        headers = {
            "content-type": facts.mime_type if facts.mime_type in VIDEO_TYPES else "video/mp4",
            "content-range": f"bytes {first}-{last}/{facts.size}",
        }
        request = Request("PUT", upload_url, headers=headers, scheme=None, timeout=SECONDS)
        found.append(Upload(request, job.content.media[0], first, last))
    return found


def send(job: Job, facts: MediaFacts, kept: dict[str, Json]) -> Generator[Step, Reply, None]:
    """Send what is missing: from chunk ``kept["next"]`` on. Raises `Unavailable`, with the upload
    forgotten, when TikTok does not take it."""
    pieces = chunks(job, facts, str(kept["upload_url"]))
    place = _number(kept.get("next"))
    while place < len(pieces) - 1:
        answer = yield from upload(pieces[place])
        reached = received(answer, pieces, place)
        if reached <= place:
            yield from _refused(answer)
        place = reached
        yield Save({**kept, "next": place}, now=True)
    answer = yield from fenced(pieces[-1])
    if received(answer, pieces, len(pieces) - 1) < len(pieces):
        yield from _refused(answer)


def received(answer: Answer, pieces: list[Upload], place: int) -> int:
    """How many chunks TikTok has after this answer about the one at ``place``. Where the range does
    not continue, its ``Content-Range: bytes 0-{received}/{total}`` says how far it has come."""
    if answer.ok:
        return place + 1
    found = re.fullmatch(r"bytes 0-(\d+)/\d+", answer.headers.get("content-range", ""))
    if answer.status != BEYOND or found is None:
        return 0
    return sum(
        1 for piece in pieces if piece.last is not None and piece.last <= int(found.group(1))
    )


def _refused(answer: Answer) -> Generator[Step, Reply, None]:
    yield Save({})
    raise Unavailable(f"TikTok did not take the upload: HTTP {answer.status}", status=answer.status)


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0
