"""A TCP proxy on loopback that can be told to break: the network between two processes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from typing import Final

BLOCK: Final = 64 * 1024
START_WITHIN: Final = 5.0


class Mode(Enum):
    """What becomes of bytes."""

    PASS = auto()
    STALL = auto()  # nothing gets through either way; connections stay open
    SWALLOW = auto()  # requests arrive, replies are thrown away
    REFUSE = auto()  # every connection is cut, no new one is taken


class Proxy:
    """Listens on ``port`` and passes everything on to ``target``, both on 127.0.0.1. Started when
    it is made; runs in a thread of its own."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self._mode = Mode.PASS
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_WITHIN):
            raise TimeoutError("the proxy does not listen")

    @property
    def mode(self) -> Mode:
        return self._mode

    def set_mode(self, mode: Mode) -> None:
        """From now on. Swallowed bytes do not come back: leaving that mode cuts what is open."""
        before, self._mode = self._mode, mode
        self._do(self._flowing.clear if mode is Mode.STALL else self._flowing.set)
        if mode is Mode.REFUSE or before is Mode.SWALLOW:
            self.cut()

    def cut(self) -> None:
        """Reset every connection that is open now."""
        self._do(self._abort_all)

    def close(self) -> None:
        self.cut()
        self._do(self._flowing.set)
        self._do(self._loop.stop)
        self._thread.join(START_WITHIN)

    def _do(self, act: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(act)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connected, "127.0.0.1", 0)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._drained())
        self._loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._mode is Mode.REFUSE:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._open |= ends
        try:
            await asyncio.gather(
                self._pump(reader, far_writer, reply=False),
                self._pump(far_reader, writer, reply=True),
            )
        finally:
            self._open -= ends
            for end in ends:
                end.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, reply: bool
    ) -> None:
        with suppress(OSError):
            while block := await reader.read(BLOCK):
                await self._flowing.wait()
                if reply and self._mode is Mode.SWALLOW:
                    continue
                writer.write(block)
                await writer.drain()
        with suppress(OSError):
            writer.write_eof()

    @staticmethod
    async def _drained() -> None:
        """Every connection was aborted: its task ends by itself."""
        await asyncio.gather(
            *asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True
        )

    def _abort_all(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()
