"""Structured logs on stderr: JSON for machines, colours for a terminal, never a secret."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, TextIO

import structlog

SECRET_NAMES: Final = re.compile(
    r"token|secret|password|authorization|api_?key|cookie", re.IGNORECASE
)
HIDDEN: Final = "[hidden]"
SECRET_VALUES: Final = re.compile(
    r"(?i)(bearer\s+|oauth\s+|(?:access_token|refresh_token|client_secret|password)=)[^\s&\"',;]+"
    r"|(?<=://)[^/@\s]*:[^/@\s]+(?=@)"
)
# Without one of these nothing matches, and most texts have none.
SIGNS: Final = re.compile(r"[\s=]|://")


def configure(*, level: str = "INFO", as_json: bool | None = None) -> None:
    """Route structlog and the standard loggers to one stream, in one shape. ``as_json=None``: JSON
    unless stderr is a terminal. The process's own stderr it is: dramatiq puts a pipe to its parent
    process in its place, which costs more than the line."""
    stream = sys.__stderr__ or sys.stderr
    as_json = not stream.isatty() if as_json is None else as_json
    shared: list[structlog.types.Processor] = [
        structlog.processors.format_exc_info,
        scrub,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in ("httpx", "httpcore", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=_Lines(stream),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )


class _Line:
    """Writes the lines of one of our modules. A line that cannot be written stops nobody."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self.name = name
        self._stream = stream

    def write(self, line: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(f"{line}\n")
            self._stream.flush()

    debug = info = warning = error = critical = write


class _Lines:
    """Makes a `_Line` for each module: our own lines need nothing of the standard loggers, which
    cost more than all the rest of a line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._named = structlog.stdlib.LoggerFactory(ignore_frame_names=[__name__])

    def __call__(self, *names: str) -> _Line:
        return _Line(self._named(*names).name, self._stream)


def scrub(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank every value whose name or shape is a secret's."""
    for name, value in event.items():
        if _is_secret(name) and not isinstance(value, bool | int):
            event[name] = HIDDEN
        elif isinstance(value, str):
            event[name] = hide(value)
    return event


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return SECRET_NAMES.search(name) is not None


def redact(value: Any) -> Any:
    """A platform's answer for keeping: the same without secrets, also those inside its URLs, and
    without null characters, which jsonb does not take."""
    if isinstance(value, dict):
        return {
            name: HIDDEN if _is_secret(name) and isinstance(one, str) else redact(one)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [redact(one) for one in value]
    return hide(value.replace("\0", "")) if isinstance(value, str) else value


def hide(text: str) -> str:
    """``text`` with tokens and the passwords of URLs blanked."""
    if SIGNS.search(text) is None:
        return text
    return SECRET_VALUES.sub(lambda found: f"{found.group(1) or ''}[hidden]", text)
