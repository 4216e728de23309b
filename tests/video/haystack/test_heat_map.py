"""video/heat_map: shares by cell, as sentences, JSON, a page and a picture."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sensorium import Image
from sensorium.evaluation.statistics import wilson_interval
from sensorium.media.image import pixels
from sensorium.video.haystack.heat_map import duration, film_maps, picture_map, save
from sensorium.video.haystack.needles import Trial

TRIAL = Trial("a", "picture", 60.0, 0.0, 0.5, 1.0, 0.0, 3.0, True, True, 0.1, 0.2, 0, 0.6, 0.4)


def trials() -> list[Trial]:
    found = {
        (60.0, 0.0): (True, True),
        (60.0, 1.0): (True, False),
        (300.0, 0.0): (False, False),
        (300.0, 1.0): (True, True),
    }
    return [
        replace(TRIAL, length=length, depth=depth, found=one) for (length, depth), pair in found.items() for one in pair
    ]


def test_a_cell_is_the_share_found() -> None:
    (one,) = film_maps(trials())
    assert one.lengths == ("1 min", "5 min") and one.depths == ("0%", "100%") and one.n == 2
    assert {place: cell.mean for place, cell in one.cells.items()} == {(0, 0): 1, (0, 1): 0, (1, 0): 0.5, (1, 1): 1}
    assert one.lines()[1:] == ["  depth 0%: 1 min 1.00, 5 min 0.00", "  depth 100%: 1 min 0.50, 5 min 1.00"]


def test_sizes_opacities_and_ways_have_maps_of_their_own() -> None:
    many = [*trials(), *(replace(t, by="text") for t in trials()), *(replace(t, opacity=0.5) for t in trials())]
    titles = [one.title for one in film_maps(many)]
    assert len(titles) == 3 and any("opacity 0.5" in title for title in titles) and any("By text" in t for t in titles)


def test_all_three_files(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    maps = [*film_maps(trials()), picture_map("x", {(5, 0.5): wilson_interval(1, 2), (5, None): wilson_interval(2, 2)})]
    written = save(maps, {"plan": {"seed": 3}}, ["A note with <b>."], tmp_path / "out")
    assert [path.name for path in written] == ["haystack.json", "haystack.html", "heat-map.png"]
    value = json.loads(written[0].read_text())
    assert value["plan"] == {"seed": 3} and value["maps"][1]["cells"][1]["depth"] == "no needle"
    page = written[1].read_text()
    assert "A note with &lt;b&gt;." in page and page.count("<table>") == 2 and "data:image/png" in page
    picture = pixels(Image(written[2]))
    assert picture.shape[1] > picture.shape[0] > 150
    yellow = (picture[..., 0] > 230) & (picture[..., 1] > 210) & (picture[..., 2] < 80)  # viridis at 1
    assert yellow.mean() > 0.05


def test_durations() -> None:
    assert [duration(s) for s in (30, 60, 90, 1800, 3600)] == ["30 s", "1 min", "90 s", "30 min", "60 min"]
