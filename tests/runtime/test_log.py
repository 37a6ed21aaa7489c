"""Our lines and those of libraries come in one shape, without secrets, and stop nobody."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from runtime import log


class Full(io.StringIO):
    """A stream on a disk without room."""

    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    yield from configured(io.StringIO(), monkeypatch)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    yield from configured(Full(), monkeypatch)


def configured(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    monkeypatch.setattr("sys.__stderr__", stream)
    handlers, level = logging.root.handlers[:], logging.root.level
    logging.root.handlers.clear()
    log.configure(level="INFO", as_json=True)
    yield stream
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_tells_who_says_what_and_when(stream: io.StringIO):
    structlog.get_logger().info("publish.outcome", late=0.25)
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    told = {"event": "publish.outcome", "late": 0.25, "level": "info", "logger": __name__}
    assert line == told


def test_a_library_s_line_has_the_same_shape(stream: io.StringIO):
    logging.getLogger("library").warning("gone: %s", "it", extra={"place": 3})
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "gone: it", "place": 3, "level": "warning", "logger": "library"}


def test_neither_tells_a_secret(stream: io.StringIO):
    words = "authorization: Bearer planted and postgresql://me:planted@host/x"
    structlog.get_logger().warning(words, access_token="planted", url="?access_token=planted")
    logging.getLogger("library").warning(words, extra={"password": "planted"})
    structlog.get_logger().error("fault", exc_info=ValueError(words))
    assert len(lines(stream)) == 3
    assert "planted" not in stream.getvalue()
    assert "ValueError" in lines(stream)[2]["exception"]


def test_what_is_below_the_level_is_not_told(stream: io.StringIO):
    structlog.get_logger().debug("detail")
    logging.getLogger("library").debug("detail")
    assert stream.getvalue() == ""


def test_a_line_that_cannot_be_written_stops_nobody(full: io.StringIO):
    structlog.get_logger().critical("worker.thread_died")
    assert full.getvalue() == ""


@pytest.mark.parametrize(
    "text",
    [
        "bearer\tplanted",
        "OAuth planted",
        "x=1&ACCESS_TOKEN=planted&y",
        "password=planted",
        "redis://:planted@host",
        "the words, then Bearer\n planted.",
    ],
)
def test_a_secret_is_blanked_wherever_it_stands(text: str):
    assert "planted" not in log.hide(text)
    assert "[hidden]" in log.hide(text)
