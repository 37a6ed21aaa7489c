"""What is written into an array is what PostgreSQL reads out of it."""

from __future__ import annotations

from uuid import UUID

import psycopg

from db.arrays import array
from domain.accounts import AccountHealth
from tests.make import NOW, value

TEXTS = [
    "plain",
    "",
    "NULL",
    "null",
    'a "quote"',
    "back\\slash",
    "\\",
    "{a,b}",
    " , ",
    "é\n\t☃",
    None,
]


def test_texts_come_through_whatever_is_in_them(connection: psycopg.Connection):
    assert value(connection, "SELECT %s::text[]", array(TEXTS)) == TEXTS
    assert value(connection, "SELECT %s::text[]", array([])) == []


def test_values_come_through_by_the_type_that_they_are_cast_to(connection: psycopg.Connection):
    ids = [UUID(int=1), UUID(int=2)]
    assert value(connection, "SELECT %s::uuid[]", array(one.hex for one in ids)) == ids
    assert value(connection, "SELECT %s::smallint[]", array([201, None])) == [201, None]
    assert value(connection, "SELECT %s::timestamptz[]", array([NOW, None])) == [NOW, None]
    assert value(connection, "SELECT %s::text[]", array(AccountHealth)) == list(AccountHealth)
    assert value(connection, "SELECT %s::jsonb[]", array(['{"a": "\\""}'])) == [{"a": '"'}]
