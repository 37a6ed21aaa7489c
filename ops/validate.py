"""`publishing posts validate`: what the platforms would refuse, before anything is sent."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TypeAlias

from db.contents import intended
from db.refusals import Refused
from domain.content import Content, Platform
from domain.limits import breaches
from ops.content import content_of, id_of, no_post, platforms_of
from ops.environment import Environment
from ops.output import Output, Row
from platforms.registry import ADAPTERS

Case: TypeAlias = tuple[Platform, Content]


def validate(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    """0: nothing known against it; 1: breaches, each printed with its platform and field."""
    cases = _stored(options, environment) if options.id else _typed(options)
    found = [row for case in cases for row in _judged(case)]
    names = [platform for platform, _ in cases]
    if out.as_json:
        out.document({"platforms": names, "breaches": found})
    else:
        told = [{key: row[key] for key in ("platform", "field", "breach")} for row in found]
        out.rows(told, empty=f"nothing known against it on {', '.join(names)}")
    return 1 if found else 0


def _typed(options: argparse.Namespace) -> list[Case]:
    if not options.to:
        raise Refused("to", "neither a post nor platforms are named", "an id, or --to twitter")
    content = content_of(options)
    return [(platform, content) for platform in platforms_of(options.to)]


def _stored(options: argparse.Namespace, environment: Environment) -> Sequence[Case]:
    """The post on the platforms of its publications, or on those that are named."""
    if options.text or options.text_file or options.media or options.type or options.title:
        raise Refused("id", "a stored post has its own content", "leave --text, --media … out")
    named = platforms_of(options.to) if options.to else None
    cases = intended(environment.engine(), id_of(options.id), named)
    if cases is None:
        raise no_post(options.id)
    if not cases:
        raise Refused("to", "the post names no target yet", "--to twitter")
    return cases


def _judged(case: Case) -> list[Row]:
    platform, content = case
    limits = ADAPTERS[platform].limits
    return [
        {
            "platform": platform,
            "field": breach.field,
            "breach": breach.message,
            "source": limits.source,
            "read": limits.read,
        }
        for breach in breaches(content, limits)
    ]
