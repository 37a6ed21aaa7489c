"""Surveys where the platform tells of one publication a call."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final, TypeAlias

from domain.analytics import NO_FIGURES
from domain.cadence import Usage
from domain.failures import Failure, Rejected
from platforms.adapter import Findings, MetricsFlow, Reading, Sought, Survey
from platforms.flow import Reply, Step

# Short, so that a slow platform does not outlast the lease of a run.
TIMEOUT: Final = 10.0

Found: TypeAlias = tuple[Reading | None, Usage | None]
Asking: TypeAlias = Generator[Step, Reply, Found]


def one_by_one(survey: Survey, ask: Callable[[Sought, Survey], Asking]) -> MetricsFlow:
    """Ask about each publication. One that its own answer refuses does not hold up the others; any
    other failure ends the survey with what was read so far."""
    readings: dict[str, Reading | None] = {}
    usage: Usage | None = None
    for post in survey.posts:
        try:
            readings[post.id], told = yield from ask(post, survey)
        except Rejected as failure:
            readings[post.id] = untold(failure)
        except Failure as failure:
            return Findings(readings, usage, failure)
        else:
            usage = told or usage
    return Findings(readings, usage)


def untold(failure: Failure) -> Reading:
    """A reading that tells nothing, and why."""
    return Reading(NO_FIGURES, {"refused": failure.message, "code": failure.code})
