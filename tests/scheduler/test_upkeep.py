"""The maintenance ticks go on after whatever kept them from running."""

from __future__ import annotations

from datetime import timedelta

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MISSED,
    JobExecutionEvent,
)

from db.engine import Engine, make_engine
from domain.messages import CHECK_QUEUE, QUEUES, SYNC_QUEUES, UPKEEP_QUEUE
from runtime import clock
from runtime.broker import make_broker
from scheduler.upkeep import make_upkeep
from tests.waiting import eventually

NOWHERE = "postgresql://nobody@127.0.0.1:1/x"


def test_ticks_that_were_missed_for_an_hour_run_at_once_and_once(engine: Engine, redis_url: str):
    events: list[JobExecutionEvent] = []
    broker = make_broker(redis_url, queues=(*QUEUES, UPKEEP_QUEUE, *SYNC_QUEUES, CHECK_QUEUE))
    upkeep = make_upkeep(engine, broker, broker, {})
    upkeep.add_listener(events.append, EVENT_JOB_EXECUTED | EVENT_JOB_MISSED)
    upkeep.start(paused=True)
    an_hour_ago = clock.now() - timedelta(hours=1)
    for job in upkeep.get_jobs():
        job.modify(next_run_time=an_hour_ago + timedelta(seconds=0.5))
    names = {job.id for job in upkeep.get_jobs()}
    upkeep.resume()
    eventually(lambda: {event.job_id for event in events} == names)
    upkeep.shutdown(wait=True)
    assert {event.code for event in events} == {EVENT_JOB_EXECUTED}
    assert len(events) < 3 * len(names)
    broker.client.close()


def test_a_tick_that_finds_its_servers_away_comes_again():
    runs: list[JobExecutionEvent] = []
    nowhere = make_broker("redis://127.0.0.1:1/1")
    upkeep = make_upkeep(make_engine(NOWHERE, application_name="tests"), nowhere, nowhere, {})
    upkeep.add_listener(runs.append)
    upkeep.start(paused=True)
    for job in upkeep.get_jobs():
        if job.id == "reap":
            job.reschedule("interval", seconds=0.05)
        else:
            job.remove()
    upkeep.resume()
    eventually(lambda: len([run for run in runs if run.code == EVENT_JOB_EXECUTED]) >= 2)
    upkeep.shutdown(wait=True)
    assert not [run for run in runs if run.code == EVENT_JOB_ERROR]
