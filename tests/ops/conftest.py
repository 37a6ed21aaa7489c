"""The command line, as a person or a program runs it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ops.__main__ import main
from tests.make import TOKEN_KEYS


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def publishing(
    database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """``publishing("posts", "list", stdin="")``."""
    environ = {"DATABASE_URL": database_url, "TOKEN_KEYS": TOKEN_KEYS}

    def run(*arguments: str, stdin: str = "", **settings: str) -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        code = main(arguments, {**environ, **settings})
        told = capsys.readouterr()
        return Ran(code, told.out, told.err)

    return run
