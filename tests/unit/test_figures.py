"""Figures of human text by source, as cards and reports show them."""

from __future__ import annotations

from dataclasses import replace

from detector import card, figures
from detector.pipeline import Detector
from detector.report import Report
from detector.tally import Tally

MARKED = {
    source: Tally(n, right).to_dict()
    for source, n, right in [("letters", 40, 1), ("a|b", 20, 2), ("minutes", 80, 8), ("few", 9, 0)]
}


def test_the_worst_source_is_named_with_its_interval() -> None:
    assert figures.worst_source(MARKED) == "minutes"
    text = figures.by_unseen_source(MARKED)
    assert "worst source is **minutes**: 0.1000 (0.0515–0.1851) of 80 pages" in text
    assert "| all | 11 | 0.0738 (0.0417–0.1274) | 149 |" in text
    assert r"| a\|b | 2 | 0.1000 (0.0279–0.3010) | 20 |" in text


def test_cards_and_reports_show_what_training_counted(detector: Detector) -> None:
    counted = replace(detector.model, info={**detector.model.info, "human_held_out": MARKED})
    assert figures.by_unseen_source(MARKED) in card.render(counted)
    report = Report.of(Detector(counted, detector.lexicon), [], {}).to_dict()
    assert report["human_held_out"] == {"worst": "minutes", "sources": MARKED}


def test_without_human_text_nothing_is_said_of_its_sources(detector: Detector) -> None:
    without = replace(detector.model, info={**detector.model.info, "human_held_out": {}})
    assert "never trained on" not in card.render(without)
    report = Report.of(Detector(without, detector.lexicon), [], {}).to_dict()
    assert "human_held_out" not in report
