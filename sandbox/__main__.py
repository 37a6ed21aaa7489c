"""A stand-in for the six platforms, which accepts, refuses, counts and fails as it is told.

``python -m sandbox [--host H] [--port N]`` prints one line of JSON with its URL once it listens.
The platforms are at ``<url>/<platform>``: twitter, threads, instagram, facebook, linkedin, tiktok.
``<url>/`` is a page that shows what they accepted. Everything is in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys

from aiohttp import web

from sandbox import guide
from sandbox.control import Control
from sandbox.page import Page
from sandbox.server import known_limits, make_app
from sandbox.world import World

SHUTDOWN_SECONDS = 1.0


async def run(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    world = World()
    app = make_app(world)
    app.add_routes(Control(world, known_limits()).routes())
    app.add_routes([web.get("/", Page(world).show)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    bound = runner.addresses[0][1]
    sys.stdout.write(json.dumps({"url": f"http://{host}:{bound}"}) + "\n")
    sys.stdout.flush()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description=__doc__,
        epilog=guide.text(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="default %(default)s")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    options = parser.parse_args()
    asyncio.run(run(options.host, options.port))


if __name__ == "__main__":
    main()
