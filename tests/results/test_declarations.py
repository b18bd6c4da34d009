"""The vocabulary: one name, one label, one scale."""

import pytest

from analysis.results.declarations import STATISTICS, declared
from analysis.results.vocabulary import Statistic

CARDS = {
    "mean": "Mean",
    "sd": "SD",
    "median": "Median",
    "p25": "Q1",
    "p75": "Q3",
    "min": "Min",
    "max": "Max",
    "n": "n",
    "N": "N",
    "p": "%",
    "N_obs": "Vector Length",
    "N_miss": "N Missing",
}
"""The labels that the R package {cards} gives these statistics (`default_stat_labels`)."""


def test_names_and_labels_are_those_of_cards_where_it_has_one() -> None:
    assert {name: STATISTICS[name].label for name in CARDS} == CARDS


def test_a_name_is_declared_once() -> None:
    twice = {"name": "mean", "label": "Mean", "scale": "value", "places": "1", "unit": ""}
    with pytest.raises(ValueError, match="mean is declared twice"):
        declared([twice, twice])
    with pytest.raises(ValueError, match="mean: no scale is called 'average'"):
        declared([twice | {"scale": "average"}])


def test_two_statistics_have_no_label_in_common() -> None:
    # What a source says of a number in words stands under the number's label.
    plain = [name for name in STATISTICS if not name.endswith(".words")]
    labels = [STATISTICS[name].label for name in plain]
    again = sorted({label for label in labels if labels.count(label) > 1})
    assert not again, "two names that say the same are one statistic"


def test_names_are_words_joined_by_dots() -> None:
    odd = [name for name in STATISTICS if "_" in name and name not in CARDS]
    assert not odd


def test_a_text_has_no_decimals_and_no_unit() -> None:
    with pytest.raises(ValueError, match="is a text"):
        Statistic("reason", "Because", "text", places=2)
