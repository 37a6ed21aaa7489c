"""What the media really are is judged before the platform is asked for anything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.content import Content, ContentType, Media
from domain.failures import Rejected, Unavailable
from platforms.adapter import Job, Published, PublishFlow
from platforms.examine import contradiction, examined, measured
from platforms.flow import Look, MediaFacts, Reply, Request, Save, Seen, call, measure
from platforms.instagram.adapter import ADAPTER as INSTAGRAM
from tests.platforms.script import film, job, photo, reply

FINE = Seen("image/jpeg", 50_000, 1080, 1080)
CALLED = Request("POST", "/media")


def uploads(job: Job) -> PublishFlow:
    """A flow like any other: it fetches, calls, and knows what to do about an outage."""
    for media in job.content.media:
        yield from measure(media)
    try:
        yield from call(CALLED)
    except Unavailable:
        yield Save({"tried": True})
    return Published("1", None)


ADAPTER = examined(replace(INSTAGRAM, publish=uploads))


def play(asked: Job, *replies: Reply | Unavailable | Rejected):
    """Steps by name, and what came of them."""
    flow = ADAPTER.publish(asked)
    names = []
    sent: Reply | Unavailable | Rejected = None
    left = list(replies)
    try:
        while True:
            step = flow.throw(sent) if isinstance(sent, Exception) else flow.send(sent)
            names.append(type(step).__name__)
            sent = None if isinstance(step, Save) else left.pop(0)
    except StopIteration as end:
        return names, end.value
    except Rejected as refused:
        return names, refused


def facts(seen: Seen) -> MediaFacts:
    return MediaFacts(seen.size or 1, seen.mime_type or "image/jpeg", seen)


def test_a_post_without_media_is_not_looked_at():
    assert play(job(), reply({})) == (["Call"], Published("1", None))


def test_every_media_is_looked_at_before_anything_else():
    asked = job(ContentType.CAROUSEL, media=(photo(), photo()))
    names, done = play(asked, FINE, FINE, facts(FINE), facts(FINE), reply({}))
    assert names == ["Look", "Look", "Measure", "Measure", "Call"]
    assert done == Published("1", None)


def test_all_that_is_wrong_is_said_at_once_by_place():
    png = photo(mime_type="image/png")
    clip = film()
    asked = job(ContentType.CAROUSEL, media=(photo(), png, clip, photo()))
    short = Seen("video/mp4", 900_000, 1080, 1920, 1.5, codec="prores")
    names, refused = play(asked, Seen(size=9_000_000), FINE, short, Rejected("HTTP 404"))
    assert names == ["Look"] * 4
    assert refused.item == "media[1]"
    for words in (
        "media[1]: says image/png, is a JPEG",
        "media[3]: HTTP 404",
        "media[0]: 9000000 bytes, 8388608 are allowed",
        "media[2]: prores is not accepted; use h264 or hevc",
        "media[2]: 1.5 seconds, at least 3 are needed",
    ):
        assert words in refused.message


def test_what_cannot_be_seen_is_left_to_the_platform():
    asked = job(ContentType.IMAGE, media=(photo(),))
    names, _ = play(asked, Seen(), facts(Seen()), reply({}))
    assert names == ["Look", "Measure", "Call"]


def test_a_file_that_turns_out_broken_when_it_is_whole_goes_no_further():
    asked = job(ContentType.IMAGE, media=(photo(),))
    cut = Seen("image/jpeg", 50_000, 1080, 1080, fault="it is cut off or damaged")
    names, refused = play(asked, FINE, facts(cut))
    assert names == ["Look", "Measure"]
    assert refused.message == "media[0]: it is cut off or damaged"
    assert play(asked, FINE, facts(Seen("image/jpeg", 9_000_000)))[0] == ["Look", "Measure"]


def test_what_goes_on_from_a_checkpoint_was_looked_at_before():
    asked = job(ContentType.IMAGE, media=(photo(),), checkpoint={"container": "c"})
    assert play(asked, facts(FINE), reply({}))[0] == ["Measure", "Call"]


def test_an_outage_reaches_the_flow_that_knows_what_to_do():
    asked = job(ContentType.IMAGE, media=(photo(),))
    names, done = play(asked, FINE, facts(FINE), Unavailable("down"))
    assert names == ["Look", "Measure", "Call", "Save"]
    assert done == Published("1", None)


@pytest.mark.parametrize(
    ("media", "seen", "words"),
    [
        (photo(mime_type="image/png"), Seen("image/jpeg"), "says image/png, is a JPEG"),
        (photo(mime_type="image/jpg"), Seen("image/jpeg"), None),
        (photo(), Seen("text/html"), "says image, is a web page"),
        (film(), Seen("image/gif"), "says video, is a GIF"),
        (film(mime_type="video/mp4"), Seen("video/quicktime"), None),
        (film(mime_type="video/mp4"), Seen("video/webm"), "says video/mp4, is a WebM film"),
        (film(), Seen("video/mp4", fault="it is cut off"), "it is cut off"),
        (photo(mime_type="image/png"), Seen(), None),
    ],
)
def test_what_is_said_of_a_file_must_be_so(media: Media, seen: Seen, words: str | None):
    assert contradiction(media, seen) == words


def test_what_was_seen_stands_in_place_of_what_was_said():
    said = photo(mime_type="image/png", size=1, width=5, alt_text="A lake")
    found = measured(said, FINE)
    assert (found.mime_type, found.size, found.width) == ("image/jpeg", 50_000, 1080)
    assert (found.alt_text, found.duration) == ("A lake", None)
    assert measured(said, Seen()) == said


def test_a_look_is_a_step_like_any_other():
    content = Content(ContentType.IMAGE, "", media=(photo(),))
    flow = ADAPTER.publish(Job(job().account, content, job().now))
    assert next(flow) == Look(content.media[0])
    with pytest.raises(TypeError, match="Seen"):
        flow.send(reply({}))
