"""What Meta's error codes mean, line by line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from domain.content import JsonObject
from domain.failures import (
    Failure,
    NotReady,
    OutcomeUnknown,
    PermissionMissing,
    Rejected,
    Throttled,
    TokenExpired,
    TokenRevoked,
    Unavailable,
)
from platforms import graph
from platforms.adapter import Published, PublishFlow
from platforms.flow import Save
from tests.make import NOW
from tests.platforms.script import play, reply

# code, subcode, what it means for the publishing call, and for a call before it
LINES = [
    (4, 2207051, OutcomeUnknown, Rejected),
    (506, 1455006, OutcomeUnknown, Rejected),
    (100, 1366051, OutcomeUnknown, Rejected),
    (9, 2207042, Throttled, Throttled),
    (1, 1390008, Throttled, Throttled),
    (4, None, Throttled, Throttled),
    (17, None, Throttled, Throttled),
    (32, None, Throttled, Throttled),
    (341, None, Throttled, Throttled),
    (613, 1996, Throttled, Throttled),
    (80001, None, Throttled, Throttled),
    (80002, None, Throttled, Throttled),
    (9007, 2207027, NotReady, graph.Gone),
    (24, 4279009, NotReady, graph.Gone),
    (24, 2207006, Unavailable, graph.Gone),
    (24, 2207008, Unavailable, graph.Gone),
    (-2, 2207020, Unavailable, graph.Gone),
    (100, 4279004, Unavailable, graph.Gone),
    (100, 33, Unavailable, graph.Gone),
    (190, 463, TokenExpired, TokenExpired),
    *((190, subcode, TokenRevoked, TokenRevoked) for subcode in (458, 459, 460, 464, 467, 492)),
    (190, None, TokenRevoked, TokenRevoked),
    (102, None, TokenRevoked, TokenRevoked),
    (1, 4279013, PermissionMissing, PermissionMissing),
    (25, 2207050, PermissionMissing, PermissionMissing),
    *((100, subcode, PermissionMissing, PermissionMissing) for subcode in (1404006, 1404078)),
    *((100, subcode, PermissionMissing, PermissionMissing) for subcode in (1404112, 4854002)),
    *((code, None, PermissionMissing, PermissionMissing) for code in (3, 10, 200, 283, 299)),
    (10, 4279067, PermissionMissing, PermissionMissing),
    (368, None, Rejected, Rejected),
    (104, None, Rejected, Rejected),
    (-1, 4279047, Rejected, Rejected),
    (1, 2207057, Rejected, Rejected),
    (1609005, None, Rejected, Rejected),
    (1500, None, Rejected, Rejected),
    (100, 1404102, Rejected, Rejected),
    (100, 1346003, Rejected, Rejected),
    (36004, 2207010, Rejected, Rejected),
    (389, None, Unavailable, Unavailable),
    (9004, 2207052, Unavailable, Unavailable),
    (-2, 2207003, Unavailable, Unavailable),
    (6000, None, Unavailable, Unavailable),
    (1363030, None, Unavailable, Unavailable),
    (100, 1363019, Unavailable, Unavailable),
    (-1, 2207082, Unavailable, Unavailable),
    *((code, None, Rejected, Rejected) for code in (324, 352, 382, 6001, 36000, 36001, 36003)),
    (1363040, None, Rejected, Rejected),
    (1363128, None, Rejected, Rejected),
    (100, 1363025, Rejected, Rejected),
    (352, 2207026, Rejected, Rejected),
    *((code, None, OutcomeUnknown, Unavailable) for code in (-2, -1, 1, 2)),
    (-1, 2207032, OutcomeUnknown, Unavailable),
    (100, None, Rejected, Rejected),
    (100, 2207035, Rejected, Rejected),
    (987654, None, Rejected, Rejected),
    *((100, subcode, Rejected, Rejected) for subcode in (2207023, 2207028, 2207036, 2207040)),
    (36003, 2207009, Rejected, Rejected),
    (100, 2207081, Rejected, Rejected),
    (-1, 2207076, Unavailable, Unavailable),
    (-1, 2207077, Unavailable, Unavailable),
    (-1, 2207001, OutcomeUnknown, Unavailable),
    (-1, 2207053, OutcomeUnknown, Unavailable),
]
WORDS = [
    ("API calls require an appsecret_proof argument", Rejected),
    ("The user is not an Instagram Business", PermissionMissing),
    ("Error validating access token: The session has been invalidated", TokenRevoked),
    ("The media could not be fetched from this URI", Unavailable),
]


def said(code: int, subcode: int | None = None, status: int = 400, **more: object):
    error = {"message": "Words.", "code": code, "fbtrace_id": "T", **more}
    return reply(
        {"error": error if subcode is None else {**error, "error_subcode": subcode}}, status
    )


@pytest.mark.parametrize(("code", "subcode", "published", "before"), LINES)
@pytest.mark.parametrize("status", [400, 403])
def test_the_code_decides_and_not_the_status(code, subcode, published, before, status):
    answer = said(code, subcode, status)
    assert type(graph.refusal(answer, NOW, published=True)) is published
    assert type(graph.refusal(answer, NOW)) is before


def test_every_line_of_the_table_is_tried_here():
    tried = set()
    for code, subcode, *_ in LINES:
        number = subcode or (code if code >= 1_000_000 else 0)
        held = [place for place, row in enumerate(graph.TABLE) if row.holds(code, number)]
        tried.update(held[:1])
    for words, _ in WORDS:
        held = [place for place, row in enumerate(graph.TABLE) if row.holds(100, 0, words)]
        tried.update(held[:1])
    assert tried == set(range(len(graph.TABLE)))


@pytest.mark.parametrize(("words", "kind"), WORDS)
def test_some_errors_are_known_by_their_words_alone(words, kind):
    assert type(graph.refusal(said(100, message=words), NOW)) is kind
    assert type(graph.refusal(said(100, error_user_msg=words), NOW, published=True)) is kind


def test_an_error_of_the_media_that_is_called_transient_is_still_one_of_the_media():
    assert type(graph.refusal(said(352, is_transient=True), NOW)) is Rejected


def test_an_unknown_code_is_tried_again_when_the_platform_calls_it_transient():
    answer = said(987654, is_transient=True)
    assert type(graph.refusal(answer, NOW)) is Unavailable
    assert type(graph.refusal(answer, NOW, published=True)) is OutcomeUnknown


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "no"}', b'{"error": {}}'])
def test_an_answer_without_a_code_is_judged_by_its_status(body: bytes):
    kinds = {
        status: type(graph.refusal(reply(body, status), NOW)) for status in (400, 401, 404, 429)
    }
    assert kinds == {400: Rejected, 401: TokenExpired, 404: Rejected, 429: Throttled}


def test_a_refusal_says_what_to_do_and_keeps_code_and_trace():
    failure = graph.refusal(said(190, 460, 401), NOW)
    assert failure.message == "Words; connect the account again"
    assert (failure.code, failure.status, failure.trace) == ("190/460", 401, "T")


def test_only_the_applications_limit_pauses_everybody():
    of_app, of_page = (graph.refusal(said(code), NOW) for code in (4, 80001))
    assert isinstance(of_app, Throttled)
    assert isinstance(of_page, Throttled)
    assert (of_app.whole_app, of_page.whole_app) == (True, False)


def regain(minutes: int) -> dict[str, int]:
    return {"estimated_time_to_regain_access": minutes}


@pytest.mark.parametrize(
    ("header", "minutes"),
    [
        ('{"1": [{"estimated_time_to_regain_access": 7}]}', 7),
        (json.dumps({"1": [regain(19), regain(7)], "2": [regain(3)]}), 19),
        ('{"1": [{"estimated_time_to_regain_access": 0}]}', 60),
        ('{"1": [{"estimated_time_to_regain_access": "soon"}]}', 60),
        ('{"1": [{}]}', 60),
        ("{}", 60),
        ("[]", 60),
        ("", 60),
    ],
)
def test_a_limit_opens_when_the_header_says_and_else_in_an_hour(header, minutes):
    answer = reply({"error": {"code": 80002}}, 400, x_business_use_case_usage=header)
    failure = graph.refusal(answer, NOW)
    assert isinstance(failure, Throttled)
    assert failure.until == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-09-30T12:00:05+0000", datetime(2026, 9, 30, 12, 0, 5, tzinfo=UTC)),
        (1790769605, datetime(2026, 9, 30, 12, 0, 5, tzinfo=UTC)),
        ("yesterday", None),
        (None, None),
        (10**30, None),
    ],
)
def test_times_are_read_and_what_is_not_one_is_nothing(value, moment):
    assert graph.moment(value) == moment


def test_options_become_form_fields():
    options: JsonObject = {
        "a": "x",
        "b": True,
        "c": 3,
        "d": ["y"],
        "e": {"z": 1},
        "f": None,
        "g": "unknown",
    }
    assert graph.formed(options, "abcdef") == {
        "a": "x",
        "b": "true",
        "c": "3",
        "d": '["y"]',
        "e": '{"z":1}',
    }


def test_what_is_gone_is_forgotten_and_other_failures_keep_it():
    def failing(failure: Failure) -> PublishFlow:
        yield Save({"container": "c"})
        raise failure

    steps, failure = play(graph.anew(failing(graph.Gone("away"))), [])
    assert steps[-1] == Save({})
    assert isinstance(failure, Unavailable)
    steps, _ = play(graph.anew(failing(Unavailable("away"))), [])
    assert steps == [Save({"container": "c"})]


def test_what_goes_well_is_passed_on():
    def well() -> PublishFlow:
        yield Save({"container": "c"})
        return Published("1", None)

    assert play(graph.anew(well()), []) == ([Save({"container": "c"})], Published("1", None))
