"""Fewer pauses of the interpreter."""

from __future__ import annotations

import gc


def spare_the_collector() -> None:
    """Once a process has started: what it started with stays, and is not walked again and again for
    garbage; little of what a post leaves is in cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
