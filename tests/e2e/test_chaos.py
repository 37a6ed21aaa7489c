"""The short run of ``make chaos``: everything breaks, and the ledger judges."""

from __future__ import annotations

from dev.chaos.__main__ import main


def test_a_storm_of_kills_outages_and_broken_networks_loses_and_doubles_nothing():
    assert main(["--storm", "--publications", "200", "--kills", "15", "--every", "1"]) == 0
