"""Which pages are judged: English prose of any make, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from detector import pipeline
from detector.batch import Batch
from detector.pipeline import Detector
from detector.scope import LEAST_WORDS, abstentions
from detector.types import Abstention, Document

Read = Callable[..., Batch]

LANGUAGE, SHORT = Abstention.LANGUAGE, Abstention.SHORT

ENGLISH = (
    "The town council voted on Tuesday to close the old bridge over the river to traffic. Cracks "
    "have been found in several piers that could not be seen at the last inspection, the works "
    "department said. What that means for commuters is still open."
)
FOREIGN = {
    "German": "Der Stadtrat hat am Dienstag beschlossen, die alte Brücke über den Fluss für den "
    "Verkehr zu sperren. Nach Angaben der Verwaltung sind an mehreren Pfeilern Risse entdeckt "
    "worden, die bei der letzten Prüfung noch nicht zu sehen waren. Was das für die Pendler in "
    "der Region bedeutet, ist noch offen; man will die Schäden nun untersuchen lassen.",
    "French": "Le conseil municipal a décidé mardi de fermer le vieux pont à la circulation. Selon "
    "les services techniques, des fissures ont été découvertes sur plusieurs piliers, qui "
    "n'étaient pas visibles lors du dernier contrôle. Les bus suivent une déviation jusqu'à nouvel "
    "ordre et les commerçants du centre craignent de perdre leurs clients.",
    "Spanish": "El ayuntamiento decidió el martes cerrar al tráfico el viejo puente sobre el río. "
    "Según los técnicos, se han descubierto grietas en varios pilares que no se veían en la última "
    "inspección. Todavía no se sabe qué significa esto para los vecinos. Los autobuses siguen un "
    "desvío hasta nuevo aviso.",
    "Russian": "Городской совет во вторник принял решение закрыть старый мост через реку для "
    "движения. По данным администрации, на нескольких опорах обнаружены трещины, которых не было "
    "видно при последней проверке. Автобусы идут в объезд до особого распоряжения.",
    "Chinese": "市议会周二决定关闭跨河旧桥的交通。据市政部门介绍，几座桥墩上发现了上次检查时尚未"
    "看到的裂缝。未来几周将对损坏情况进行调查。这对通勤者意味着什么，目前尚不清楚。公交车将绕行，"
    "直至另行通知，老城区的商家担心顾客会减少。市长表示，安全是第一位的，修复工程预计需要三个月。",
    "Japanese": "市議会は火曜日、川に架かる古い橋を通行止めにすることを決めた。市によると、複数の"
    "橋脚で前回の点検では見られなかったひび割れが見つかった。今後数週間かけて損傷を調べる。通勤"
    "する人への影響はまだ分からない。バスは当面のあいだ迂回運転となり、店主らは客足を心配している。",
    "code": "static int parse(const char *s, size_t n) {\n  int v = 0;\n"
    "  for (size_t i = 0; i < n; i++) {\n    if (s[i] < '0' || s[i] > '9') return -1;\n"
    "    v = v * 10 + (s[i] - '0');\n  }\n  return v;\n}\nint main(int argc, char **argv) {\n"
    '  printf("%d\\n", parse(argv[1], strlen(argv[1])));\n  return 0;\n}\n',
    "table": "Team | P | W | D | L | Pts\nAshford | 38 | 26 | 6 | 6 | 84\nBarrow | 38 | 24 | 10 | "
    "4 | 82\nCarlisle | 38 | 18 | 9 | 11 | 63\nDover | 38 | 13 | 9 | 16 | 48\n",
}
TYPEFACES = {
    "as it is": ENGLISH,
    "upper case": ENGLISH.upper(),
    "lower case": ENGLISH.lower(),
    "look-alike letters": ENGLISH.replace("e", "е").replace("o", "о").replace("a", "а"),
    "zero-width": "\u200b".join(ENGLISH),
    "marked up": "".join(f"<p>{line}.</p>\n" for line in ENGLISH.split(".")),
    "with a foreign quotation": f"{ENGLISH} “{FOREIGN['German'][:120]}”",
    "a line a word": ENGLISH.replace(" ", "\n"),
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_english_prose_is_not_judged(read: Read, text: str) -> None:
    assert abstentions(read(text)) == [LANGUAGE]


@pytest.mark.parametrize("text", TYPEFACES.values(), ids=TYPEFACES)
def test_english_prose_is_judged(read: Read, text: str) -> None:
    assert abstentions(read(text)) == [None]


@pytest.mark.parametrize(
    ("n_words", "expected"), [(0, SHORT), (LEAST_WORDS - 1, SHORT), (LEAST_WORDS, None)]
)
def test_short_pages(read: Read, n_words: int, expected: Abstention | None) -> None:
    assert abstentions(read(" ".join(ENGLISH.split()[:n_words]))) == [expected]


def test_a_short_foreign_page_is_short(read: Read) -> None:
    assert abstentions(read("Gute Nacht!", "晚安。", "   \n" * 99)) == [SHORT] * 3


def test_pages_do_not_depend_on_their_neighbours(read: Read) -> None:
    texts = [ENGLISH, "", FOREIGN["French"], "A note.", FOREIGN["Japanese"], ENGLISH]
    assert abstentions(read(*texts)) == [None, SHORT, LANGUAGE, SHORT, LANGUAGE, None]


def test_a_page_is_judged_with_its_preceding_text(read: Read) -> None:
    assert abstentions(read(Document("a", "What next?", preceding=ENGLISH))) == [None]


def test_a_page_that_is_not_judged_has_no_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    eager = Detector.load(threshold=-60.0)
    text = FOREIGN["German"] + "\nInterview\nEditor: Was nun?\nDr. Grau: Das bleibt offen.\n" * 3
    result = eager.detect(text)
    assert (result.regions, result.abstained) == ((), LANGUAGE)
    assert result.to_dict()["abstained"] == "language"
    monkeypatch.setattr(pipeline.scope, "abstentions", lambda batch: [None])
    judged = eager.detect(text)
    assert judged.regions
    assert "abstained" not in judged.to_dict()


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_say_why_in_every_process(detector: Detector, jobs: int) -> None:
    texts = [ENGLISH, FOREIGN["German"], "A note."] * 50
    found = detector.detect_many(texts, jobs=jobs)
    assert [result.abstained for result in found] == [None, LANGUAGE, SHORT] * 50


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FOREIGN["German"] + "\n" + ENGLISH, None),
        (FOREIGN["German"] + "\nEnde.\n", LANGUAGE),
        (" \n" * 400, SHORT),
    ],
    ids=["one in English", "all foreign", "blank"],
)
def test_a_long_document_is_judged_if_a_window_of_it_is(
    detector: Detector, monkeypatch: pytest.MonkeyPatch, text: str, expected: Abstention | None
) -> None:
    monkeypatch.setattr(pipeline, "WINDOW_CHARS", 370)
    assert detector.detect(text).abstained is expected
