"""Commands about posts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from uuid import UUID

from db import posts, search, users, views
from db.refusals import Refused
from domain.content import Content, Platform
from domain.explain import explain
from domain.lateness import LatePolicy
from domain.limits import breaches
from domain.states import Status
from ops.content import content_of, id_of, no_post, platforms_of
from ops.environment import Environment
from ops.output import Output
from ops.times import span_of, time_of
from platforms.registry import ADAPTERS
from runtime import clock


def schedule(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    platforms = platforms_of(options.to)
    content = content_of(options)
    _check(content, platforms)
    at = time_of("at", options.at)
    engine = environment.engine()
    user_id = users.find_user(engine, options.user)
    late = posts.Lateness(LatePolicy(options.late), span_of("late-after", options.late_after))
    post_id = posts.schedule(
        engine, user_id, content, at, posts.targets(engine, user_id, platforms), late
    )
    out.done(f"post {post_id} is scheduled for {at:%Y-%m-%d %H:%M:%S %Z}", id=post_id, at=at)
    return 0


def publish_now(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    count = posts.publish_now(environment.engine(), id_of(options.id))
    out.done(f"{count} publications go now", publications=count)
    return 0


def cancel(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    outcome = posts.cancel(environment.engine(), id_of(options.id))
    if not outcome:
        raise no_post(options.id)
    rows = [
        {"publication": o.publication_id, "cancelled": o.cancelled, "reason": o.reason}
        for o in outcome
    ]
    out.rows(rows, empty="")
    return 0 if any(found.cancelled for found in outcome) else 1


def retry(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    count = posts.retry(environment.engine(), id_of(options.id), not_there=options.not_there)
    if not count:
        raise Refused(
            "id",
            "no publication of this post can be retried",
            "only failed ones can; an unconfirmed one needs --not-there, once you have looked",
        )
    out.done(f"{count} publications go again", publications=count)
    return 0


def settle(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    platform_post_id = None if options.not_there else options.published
    status = posts.settle(
        environment.engine(),
        id_of(options.id),
        platforms_of(options.platform)[0],
        platform_post_id,
        options.url,
    )
    out.done(f"the publication is {status} now", status=status)
    return 0


def unanswered(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    rows = views.unanswered(environment.engine(), limit=options.limit)
    out.rows(rows, empty="nothing waits for an answer")
    return 0


def list_posts(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    engine = environment.engine()
    user_id = users.find_user(engine, options.user) if options.user else None
    if options.upcoming:
        query = search.upcoming(_needed(user_id), clock.now(), options.limit)
    else:
        query = search.posts(
            user_id=user_id,
            status=Status(options.status) if options.status else None,
            platform=platforms_of(options.platform)[0] if options.platform else None,
            since=time_of("since", options.since) if options.since else None,
            limit=options.limit,
        )
    with engine.connect() as connection:
        out.rows(search.found(connection, query), empty="no such posts")
    return 0


def find(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    words = " ".join(options.words) or None
    if words is None and options.hashtag is None:
        raise Refused("search", "nothing to look for", "give words, or --hashtag TAG")
    engine = environment.engine()
    query = search.matching(
        words=words,
        hashtag=options.hashtag and options.hashtag.removeprefix("#"),
        user_id=users.find_user(engine, options.user) if options.user else None,
        limit=options.limit,
    )
    with engine.connect() as connection:
        out.rows(search.found(connection, query), empty="no such posts")
    return 0


def _needed(user_id: UUID | None) -> UUID:
    if user_id is None:
        raise Refused("upcoming", "whose?", "give --user too")
    return user_id


def show(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    engine, post_id = environment.engine(), id_of(options.id)
    post = views.find_post(engine, post_id)
    if post is None:
        raise no_post(options.id)
    publications = [
        {
            "platform": story.platform,
            "status": story.situation.status,
            "id": story.platform_post_id,
            "url": story.platform_post_url,
            "error": story.situation.error,
        }
        for story in views.stories(engine, post_id)
    ]
    if out.as_json:
        out.document({**post, "publications": publications})
        return 0
    out.fields(post)
    out.say("")
    out.rows(publications, empty="no publications: it names no target")
    return 0


def explain_post(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    engine, post_id = environment.engine(), id_of(options.id)
    post = views.find_post(engine, post_id)
    if post is None:
        raise no_post(options.id)
    stories = views.stories(engine, post_id)
    if out.as_json:
        told = [
            {"platform": s.platform, "standing": explain(s.situation), "attempts": s.attempts}
            for s in stories
        ]
        out.document({"id": post_id, "status": post["status"], "publications": told})
        return 0
    if not stories:
        out.say(post["error_message"] or "It names no target: add a row to post_publications.")
    for story in stories:
        out.say(f"{story.platform}: {explain(story.situation)}")
        if story.attempts:
            out.rows(story.attempts, empty="")
    return 0


def _check(content: Content, platforms: Sequence[Platform]) -> None:
    """Everything that any of the platforms would refuse, at once."""
    found = [
        f"{platform}: {breach.field}: {breach.message}"
        for platform in platforms
        for breach in breaches(content, ADAPTERS[platform].limits)
    ]
    if found:
        raise Refused("content", "\n  ".join(["it would be refused", *found]))
