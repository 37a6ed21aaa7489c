"""The command that shows the state of the whole."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from db import views
from ops.environment import Environment
from ops.output import Output
from runtime.broker import BrokerUnreachable, make_broker

LATE_SECONDS = 60.0


def status(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    platforms, trouble = views.state(environment.engine())
    queues = _queues(environment)
    reaped = views.reaped(environment.engine())
    alarms = _alarms(trouble)
    if out.as_json:
        out.document(
            {
                "platforms": platforms,
                "totals": trouble,
                "queues": queues,
                "reaped": reaped,
                "alarms": alarms,
            }
        )
    else:
        out.rows(platforms, empty="")
        out.say("")
        out.fields({**trouble, **{f"queue {name}": depth for name, depth in queues.items()}})
        if reaped:
            out.say("\nthe reaper stepped in, since the beginning")
            out.fields(reaped)
        for note in _outages(platforms):
            out.say(f"· {note}")
        for alarm in alarms:
            out.say(f"! {alarm}")
    return 1 if options.check and alarms else 0


def _queues(environment: Environment) -> Mapping[str, int | str]:
    url = environment.redis_url()
    if url is None:
        return {}
    broker = make_broker(url)
    try:
        return broker.depths()
    except BrokerUnreachable:
        return {"redis": "cannot be reached"}
    finally:
        broker.close()


def _outages(platforms: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"{found['platform']} has been out since {found['out_since']:%Y-%m-%d %H:%M:%S} UTC: its"
        " posts wait, and go when it is back; nothing to do"
        for found in platforms
        if found["out_since"] is not None
    ]


def _alarms(trouble: Mapping[str, Any]) -> list[str]:
    """What needs a person, each with what to do; docs/operations.md says more."""
    found = []
    if trouble["oldest_unreleased"] > LATE_SECONDS:
        found.append(
            f"{trouble['unreleased']} posts are due and not taken up, the oldest for"
            f" {trouble['oldest_unreleased']:.0f} s: is a scheduler running?"
        )
    if trouble["unreaped"]:
        found.append(f"{trouble['unreaped']} leases ran out unnoticed: is a scheduler running?")
    if trouble["unconfirmed"]:
        found.append(
            f"{trouble['unconfirmed']} publications are unconfirmed: look at the accounts, then"
            " answer with `publishing posts settle`"
        )
    if trouble["asked"]:
        found.append(
            f"{trouble['asked']} publications are late and wait for an answer:"
            " `publishing posts unanswered`"
        )
    if trouble["quarantined"]:
        found.append(
            f"{trouble['quarantined']} publications are in quarantine, since their workers were"
            " lost again and again: look at the workers' logs, then `publishing posts retry`"
        )
    if trouble["stray_snapshots"]:
        found.append(
            f"{trouble['stray_snapshots']} snapshots are in analytics_default, since their month"
            " has no partition: run SELECT move_default_analytics() as the owner"
        )
    if trouble["next_month_missing"]:
        found.append("analytics has no partition for next month: is a scheduler running?")
    return found
