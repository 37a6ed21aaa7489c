"""Real servers, a database of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import psycopg
import pytest
import redis

from db.engine import Engine, make_engine
from dev.children import NotFound, NotStarted
from sandbox.process import start as start_sandbox
from tests import servers
from tests.system import System, make_system

_run = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        try:
            servers.start(_run)
        except (NotFound, NotStarted, psycopg.OperationalError) as fault:
            raise pytest.UsageError(str(fault)) from fault


def pytest_unconfigure() -> None:
    _run.close()


@pytest.fixture
def database_url() -> Iterator[str]:
    """A fresh database with the whole schema."""
    url = servers.create(os.environ[servers.TEMPLATE])
    yield url
    servers.drop(os.environ[servers.DATABASE], servers.name_of(url))


@pytest.fixture
def empty_database_url() -> Iterator[str]:
    """A fresh database without anything."""
    url = servers.create(None)
    yield url
    servers.drop(os.environ[servers.DATABASE], servers.name_of(url))


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection in autocommit to ``database_url``."""
    with psycopg.connect(database_url, autocommit=True) as session:
        yield session


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The engine that the processes use."""
    made = make_engine(database_url, application_name="tests")
    yield made
    made.dispose()


@pytest.fixture
def redis_url() -> str:
    """An empty database of Redis, of this process of the run."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 2
    url = servers.beside(os.environ[servers.REDIS], str(number))
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    """The six platforms, for the whole run of this process."""
    with start_sandbox() as process:
        yield process.url


@pytest.fixture
def sandbox_url(sandbox: str) -> str:
    """The six platforms, with everything before this test forgotten."""
    httpx.post(f"{sandbox}/_sandbox/reset").raise_for_status()
    return sandbox


@pytest.fixture
def system(engine: Engine, sandbox_url: str) -> Iterator[System]:
    """A worker over the test's database and the sandbox."""
    made = make_system(engine, sandbox_url)
    yield made
    made.publisher.transport.close()
    made.publisher.writer.close()
