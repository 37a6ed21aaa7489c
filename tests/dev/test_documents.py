"""The tests that the documentation names exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
NAMED = re.compile(r"`(tests/[\w/]*(?:\.py)?)(?:::(test_\w+))?`")


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path):
    for path, name in NAMED.findall(page.read_text("utf-8")):
        assert (ROOT / path).exists(), path
        assert not name or name in names_in(ROOT / path), f"{path}::{name}"


def test_the_page_of_guarantees_names_its_tests():
    named = NAMED.findall((ROOT / "docs" / "guarantees.md").read_text("utf-8"))
    assert len([name for _, name in named if name]) > 40
