from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.watchlist.entries import Watchlist, parse_watchlist
from pipeline.watchlist.tag import Tagger, compile_tagger

SEED = Path(__file__).parents[2] / "seeds" / "watchlist.yaml"


@pytest.fixture(scope="session")
def seed_watchlist() -> Watchlist:
    return parse_watchlist(SEED.read_text(encoding="utf-8"), "watchlist.yaml")


@pytest.fixture(scope="session")
def tagger(seed_watchlist: Watchlist) -> Tagger:
    return compile_tagger(seed_watchlist)
