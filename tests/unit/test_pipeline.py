"""The detector: loading, batches, long documents, preceding text."""

from __future__ import annotations

import json
import pickle
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from detector import compose, decode, parallel, pipeline
from detector.compose import compositions, render
from detector.corpus import GoldPage, Topic
from detector.errors import ConfigError, DetectorError, LexiconError, ModelError
from detector.pipeline import WINDOW_CHARS, Detector, default_model
from detector.types import Abstention, Document, Findings


@pytest.fixture(scope="module")
def farm_page(topics: list[Topic]) -> GoldPage:
    """An article with the staged interview that belongs to it."""
    article, *_ = (c for c in compositions(topics[0], topics) if c.kind == "article+filler")
    return render(topics[0], article, "plain")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the default model."""
    return Path(shutil.copytree(default_model(), tmp_path / "model"))


def test_a_text_is_a_document_with_the_id_text(detector: Detector) -> None:
    assert detector.detect("A note.") == detector.detect(Document("text", "A note."))
    assert detector.detect("A note.").document_id == "text"


def test_finds_an_appended_interview_and_cleans_it_away(
    detector: Detector, farm_page: GoldPage
) -> None:
    (gold,) = farm_page.regions
    result = detector.detect(farm_page.text)
    assert [region.span for region in result.regions] == [gold.span]
    assert detector.clean(farm_page.text) == farm_page.text[: gold.span.start]


def test_results_keep_ids_and_order(detector: Detector) -> None:
    documents = [Document(f"a#{k}", "A note. " * k) for k in range(150)]
    assert [r.document_id for r in detector.detect_many(documents)] == [d.id for d in documents]


def test_documents_are_read_a_batch_at_a_time(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_PAGES", 4)
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "A note."

    results = detector.detect_many(endless())
    for _ in range(9):
        next(results)
    assert taken <= 13


def test_jobs_must_be_positive(detector: Detector) -> None:
    with pytest.raises(ConfigError, match="jobs must be at least 1, got 0"):
        next(detector.detect_many(["A note."], jobs=0))


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_before_the_error_of_their_source(
    detector: Detector, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_PAGES", 2)

    def broken() -> Iterator[str]:
        yield from ["A note."] * 7
        raise OSError("the disk is gone")

    results = detector.detect_many(broken(), jobs=jobs)
    assert [next(results).n_chars for _ in range(6)] == [7] * 6
    with pytest.raises(OSError, match="the disk is gone"):
        next(results)


def test_processes_take_no_more_than_they_need(
    detector: Detector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_PAGES", 2)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    taken = 0

    def endless() -> Iterator[Document]:
        nonlocal taken
        while True:
            taken += 1
            yield Document(f"d{taken}", "A note.", metadata={"lock": threading.Lock()})

    results = detector.detect_many(endless(), jobs=2)
    assert [next(results).document_id for _ in range(4)] == ["d1", "d2", "d3", "d4"]
    assert taken <= 2 * (2 * 2 + 2) + 1
    assert list(tmp_path.iterdir())
    results.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.iterdir())


def test_an_error_in_a_process_is_raised(detector: Detector, tmp_path: Path) -> None:
    bad = Document("d", 7)  # type: ignore[arg-type]
    tasks = [("a", [Document("a", "A note.")]), ("b", [bad])]
    done = parallel.spread(detector.find, tasks, 2)
    assert next(done) == ("a", [Findings((), Abstention.SHORT)])
    with pytest.raises((AttributeError, TypeError)):
        next(done)


def test_an_endless_threshold_marks_nothing(farm_page: GoldPage) -> None:
    assert Detector.load(threshold=1e9).detect(farm_page.text).regions == ()


def test_a_detector_survives_pickling(detector: Detector, farm_page: GoldPage) -> None:
    copied = pickle.loads(pickle.dumps(detector))
    assert copied.threshold == detector.threshold
    assert copied.detect(farm_page.text) == detector.detect(farm_page.text)


@pytest.mark.parametrize(
    "neighbour", ["Every Word Has A Capital Here", "no word has a capital here"]
)
def test_evidence_at_the_end_of_a_page_does_not_see_the_next(
    detector: Detector, farm_page: GoldPage, neighbour: str
) -> None:
    page = f"{farm_page.text} Report77 of Place11 by Name25."
    alone = detector.detect(page)
    first, _ = detector.detect_many([page, " ".join([neighbour] * 9)])
    assert first.regions == alone.regions


def test_emptying_the_vocabulary_changes_no_result(
    detector: Detector, farm_page: GoldPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = detector.detect(farm_page.text)
    monkeypatch.setattr(pipeline, "VOCABULARY_LIMIT", 0)
    assert detector.detect(farm_page.text) == before


# --- long documents ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["line one\n" * 30, "word " * 50, "x" * 250, "", "short"],
    ids=["lines", "words", "one word", "empty", "short"],
)
def test_windows_make_the_text(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(pipeline, "WINDOW_CHARS", 40)
    windows = list(pipeline._windows(text))
    assert "".join(part for _, part in windows) == text
    assert all(text[start : start + len(part)] == part for start, part in windows)
    assert all(0 < len(part) <= 40 for _, part in windows)
    if "\n" in text:
        assert all(part.endswith("\n") for _, part in windows)


def test_spans_of_long_documents_count_from_the_start_of_the_text(
    detector: Detector, farm_page: GoldPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = farm_page.text + "\n"
    monkeypatch.setattr(pipeline, "WINDOW_CHARS", len(page))
    result = detector.detect(page * 3)
    (gold,) = farm_page.regions
    starts = [gold.span.start + k * len(page) for k in range(3)]
    assert [region.span.start for region in result.regions] == starts
    one = detector.detect(page).regions[0]
    for region in result.regions:
        by = region.span.start - one.span.start
        assert [e.span.start - by for e in region.evidence] == [e.span.start for e in one.evidence]


def test_sources_of_windows_lie_in_the_preceding_text_or_in_their_own(
    detector: Detector, farm_page: GoldPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    (gold,) = farm_page.regions
    article, filler = farm_page.text[: gold.span.start], farm_page.text[gold.span.start :] + "\n"
    monkeypatch.setattr(pipeline, "WINDOW_CHARS", len(filler))
    result = detector.detect(Document("d", filler * 2, preceding=article))
    assert [region.span.start for region in result.regions] == [0, len(filler)]
    first, second = (
        [e for e in region.evidence if e.source is not None] for region in result.regions
    )
    assert [e.source for e in first] == [e.source for e in second] != []
    assert all(e.in_preceding for e in [*first, *second])


def test_lines_end_a_window_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "WINDOW_LINES", 3)
    text = "a\n" * 7 + "b"
    assert [*pipeline._windows(text)] == [(0, "a\n" * 3), (6, "a\n" * 3), (12, "a\nb")]
    assert pipeline._is_long(Document("d", text))
    assert not pipeline._is_long(Document("d", "a\nb\nc\nd"))


def test_a_long_document_is_read_alone(
    detector: Detector, farm_page: GoldPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = farm_page.text + "\n"
    monkeypatch.setattr(pipeline, "WINDOW_CHARS", len(page))
    alone = detector.detect(page * 2)
    assert [*detector.detect_many([page, page * 2, page])][1] == alone


def test_the_top_of_a_long_document_is_that_of_its_windows(
    detector: Detector, farm_page: GoldPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, note = farm_page.text + "\n", "A note.\n"
    monkeypatch.setattr(pipeline, "WINDOW_CHARS", len(page))
    documents = [Document("d", text) for text in (page, page * 2 + note, note * 999, note)]
    one, several, many, short = detector.tops(documents)
    assert one == several is not None
    assert detector.threshold < one
    assert many != one
    assert short is None


# --- preceding text ---------------------------------------------------------------------------


def test_what_cannot_be_judged_costs_no_look(
    detector: Detector, farm_page: GoldPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, note = Document("table", "A: x\n" * 400), Document("note", "Too short.")
    judge, judged = pipeline.looks.judge, []
    monkeypatch.setattr(
        pipeline.looks, "judge", lambda *told: judged.append(told[1].n) or judge(*told)
    )
    reasons = [Abstention.LANGUAGE, Abstention.SHORT]
    assert detector.find([table, note]) == [Findings((), why) for why in reasons]
    assert detector.weigh([table, note]) == [(Findings((), why), ()) for why in reasons]
    assert list(detector.tops([table, note])) == [None, None]
    assert judged == []
    farm = Document("farm", farm_page.text)
    assert detector.find([table, farm]) == [
        Findings((), Abstention.LANGUAGE),
        *detector.find([farm]),
    ]
    assert len(judged) == 2


def test_preceding_text_is_never_marked(detector: Detector, farm_page: GoldPage) -> None:
    document = Document("d", "The buses run again on Monday.", preceding=farm_page.text)
    assert detector.detect(document).regions == ()


def test_filler_is_found_behind_its_article_given_apart(
    detector: Detector, farm_page: GoldPage
) -> None:
    (gold,) = farm_page.regions
    at = gold.span.start
    document = Document("d", farm_page.text[at:], preceding=farm_page.text[: at - 1])
    (apart,) = detector.detect(document).regions
    (whole,) = detector.detect(farm_page.text).regions
    assert (apart.span.start, apart.span.end) == (0, len(document.text))
    # All but the comparison with rivals is the same: text given apart has no candidates.
    families = set(whole.contributions) - {"rivalry"}
    assert {f: apart.contributions[f] for f in families} == {
        f: whole.contributions[f] for f in families
    }


# --- loading ----------------------------------------------------------------------------------


def test_default_model_is_a_folder_with_a_model() -> None:
    assert (default_model() / "model.json").is_file()


def test_load_takes_any_folder(detector: Detector, folder: Path, farm_page: GoldPage) -> None:
    assert Detector.load(str(folder)).detect(farm_page.text) == detector.detect(farm_page.text)


def test_load_names_a_folder_without_lexicon(folder: Path) -> None:
    shutil.rmtree(folder / "lexicon")
    with pytest.raises(LexiconError, match="model/lexicon: no lexicon here"):
        Detector.load(folder)


def test_load_refuses_a_changed_lexicon(folder: Path) -> None:
    with (folder / "lexicon" / "rarity.txt").open("a") as file:
        file.write("1\tnewword\n")
    with pytest.raises(ModelError, match=r"model: its lexicon folder was changed .*retrain"):
        Detector.load(folder)


def rename_feature(document: dict[str, Any]) -> None:
    document["looks"]["segments"]["features"][0] = "phrasing.gone@own"
    document["feature_versions"]["phrasing.gone"] = 1


def age_feature(document: dict[str, Any]) -> None:
    name = next(iter(document["feature_versions"]))
    document["feature_versions"][name] += 1


MISFITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "other version": age_feature,
    "feature gone": rename_feature,
    "no version of a feature": lambda d: d["feature_versions"].popitem(),
    "look missing": lambda d: d["looks"].pop("regions"),
    "head missing": lambda d: d["looks"]["segments"]["heads"].pop("filler"),
    "form missing": lambda d: d["looks"]["forms"]["heads"].pop("faq"),
    "calibration missing": lambda d: d["calibration"].pop("region"),
    "slopes of another length": lambda d: d["calibration"]["region"].update(slopes=[1, 2]),
}


@pytest.mark.parametrize("change", MISFITS.values(), ids=MISFITS)
def test_load_refuses_a_model_that_does_not_fit(
    folder: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    path = folder / "model.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ModelError, match=r"model.*(retrain|'detector train')"):
        Detector.load(folder)


def test_every_error_is_a_detector_error() -> None:
    assert all(issubclass(kind, DetectorError) for kind in (ConfigError, LexiconError, ModelError))


# --- candidates ---------------------------------------------------------------------------------


def test_candidates_say_what_any_threshold_marks(detector: Detector, topics: list[Topic]) -> None:
    """Also of pages in windows, of empty ones, of such as are not judged, and in two processes."""
    pages = [Document(page.id, page.text) for page in list(compose.pages(topics))[::9]]
    pages.append(Document("foreign", "\n".join(["Was denken Sie? Schreiben Sie uns unten!"] * 9)))
    pages += [Document("empty", ""), Document("long", "\n".join(p.text for p in pages) * 5)]
    assert len(pages[-1].text) > WINDOW_CHARS
    weighed = list(detector.weigh_many(pages))
    assert list(detector.weigh_many(pages, jobs=2)) == weighed
    assert [result for result, _ in weighed] == list(detector.detect_many(pages))
    assert weighed[-3][0].abstained is not None
    assert weighed[-3][1] == ()
    for threshold in (-2.0, detector.threshold, 4.0):
        other = Detector(detector.model, detector.lexicon, threshold)
        for result, (_, candidates) in zip(other.detect_many(pages), weighed, strict=True):
            marked = decode.regions(candidates, threshold)
            assert marked == [region.span for region in result.regions]
