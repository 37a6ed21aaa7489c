"""One PostgreSQL and one Redis for a whole run of the tests, whatever the number of processes."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

from db.migrate import migrate
from dev.servers import remove, servers

DATABASE = "TEST_DATABASE_URL"
REDIS = "TEST_REDIS_URL"
TEMPLATE = "TEST_TEMPLATE"


def start(stack: ExitStack) -> None:
    """Start both, build the template database, and leave their URLs in the environment for the
    other processes of the run. ``stack`` ends all of it."""
    root = Path(tempfile.mkdtemp(prefix="publishing-tests-"))
    root.chmod(0o755)
    stack.callback(remove, root)
    found = stack.enter_context(servers(root, os.environ, durable=False))
    template = f"template_{uuid4().hex[:12]}"
    with psycopg.connect(found.database_url, autocommit=True) as session:
        session.execute(f"CREATE DATABASE {template}")
    stack.callback(drop, found.database_url, template)
    migrate(beside(found.database_url, template))
    os.environ.update({DATABASE: found.database_url, REDIS: found.redis_url, TEMPLATE: template})
    stack.callback(lambda: [os.environ.pop(name) for name in (DATABASE, REDIS, TEMPLATE)])


def create(template: str | None) -> str:
    """A new database, a copy of ``template`` or empty; its URL."""
    base, name = os.environ[DATABASE], f"test_{uuid4().hex[:12]}"
    copied = f" TEMPLATE {template} STRATEGY file_copy" if template else ""
    with psycopg.connect(base, autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name}{copied}")
    return beside(base, name)


def drop(base: str, name: str) -> None:
    with psycopg.connect(base, autocommit=True) as session:
        session.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def beside(url: str, name: str) -> str:
    """The URL of another database of the same server; options of the URL are kept."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def name_of(url: str) -> str:
    """The name of the URL's database."""
    return urlsplit(url).path.removeprefix("/")
