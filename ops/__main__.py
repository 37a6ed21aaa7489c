"""The command line: ``publishing`` (``python -m ops``)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing

from db.engine import DatabaseUnreachable
from db.refusals import Refused
from ops.arguments import make_parser
from ops.environment import Environment
from ops.output import Output
from runtime.settings import SettingsInvalid


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """0: done; 1: refused, not found, or a check failed; 2: wrong usage or settings."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    environment = Environment(os.environ if environ is None else environ)
    try:
        with closing(environment):
            return int(options.run(options, environment, Output(options.json)))
    except Refused as refused:
        return _fail(str(refused), 1)
    except SettingsInvalid as fault:
        return _fail(str(fault), 2)
    except DatabaseUnreachable:
        return _fail(f"{environment.opened}: the database does not answer; is it running there?", 1)


def _fail(words: str, code: int) -> int:
    sys.stderr.write(f"error: {words}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
