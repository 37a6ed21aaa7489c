"""Structured logs on stderr: JSON for machines, colours for a terminal, never a secret."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, Final

import structlog

SECRET_NAMES: Final = re.compile(
    r"token|secret|password|authorization|api_?key|cookie", re.IGNORECASE
)
HIDDEN: Final = "[hidden]"
SECRET_VALUES: Final = re.compile(
    r"(?i)(bearer\s+|oauth\s+|(?:access_token|refresh_token|client_secret|password)=)[^\s&\"',;]+"
    r"|(?<=://)[^/@\s]+:[^/@\s]+(?=@)"
)


def configure(*, level: str = "INFO", as_json: bool | None = None) -> None:
    """Route structlog and the standard loggers through one renderer. ``as_json=None``: JSON
    unless stderr is a terminal. The process's own stderr it is: dramatiq puts a pipe to its parent
    process in its place, which costs more than the line."""
    stream = sys.__stderr__ or sys.stderr
    as_json = not stream.isatty() if as_json is None else as_json
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        scrub,
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
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


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
    return SECRET_VALUES.sub(lambda found: f"{found.group(1) or ''}[hidden]", text)
