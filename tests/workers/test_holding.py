"""Leases are lengthened for as long as their work takes."""

from __future__ import annotations

import psycopg

from db.engine import Engine
from domain.content import Platform
from tests.make import a_post, a_user, an_account, value
from tests.system import System
from workers.holding import Heartbeat


def test_a_lease_is_lengthened_from_the_second_beat_on_until_its_work_is_done(
    system: System, engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    a_post(connection, user, [an_account(connection, user, Platform.TWITTER)])
    (found,) = system.dispatch()
    held, heartbeat = system.take(found), Heartbeat(engine)
    until = [value(connection, "SELECT lease_until FROM post_publications")]
    with heartbeat.holding(held.token):
        for beats in (0, 1, 1):
            assert heartbeat.beat() == beats
            until.append(value(connection, "SELECT lease_until FROM post_publications"))
    assert heartbeat.beat() == 0
    assert until[0] == until[1] < until[2] < until[3]
