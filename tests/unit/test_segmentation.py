"""Pages to segments: where they are cut and which of them carry a speaker's label."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from detector.batch import Batch
from detector.chunks import Flag
from detector.segmentation import CUT_ABOVE, MAX_TOKENS
from detector.targets import segment_offsets
from detector.tokens import plain, token_offsets

Read = Callable[..., Batch]


def cut(read: Read, text: str) -> list[str]:
    """The segments of a page, as text."""
    starts, ends = segment_offsets(read(text), 0, text)
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def labels(read: Read, text: str) -> list[str]:
    """The label of each segment, as text; "" without one."""
    batch = read(text)
    starts, ends = token_offsets(text)
    s = batch.segments
    return [
        text[starts[a] : ends[b - 1]] if b > a else "" for a, b in zip(s.start, s.body, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", []),
        (" \n\t\r\n", []),
        ("One line.", ["One line."]),
        ("  One line.  ", ["One line."]),
        ("One.\nTwo.\n\n\nThree.", ["One.", "Two.", "Three."]),
        ("One.\r\nTwo.\r\n", ["One.", "Two."]),
        ("a1\ra2\u2028a3\u2029a4\x85a5\x0ba6\x0ca7", [f"a{k}" for k in range(1, 8)]),
        ("One.\x00Two.", ["One.\x00Two."]),
        ("One\u00a0two\u3000three", ["One\u00a0two\u3000three"]),
        ("\u200bOne.\u200b", ["\u200bOne.\u200b"]),
        ("\ud800 \udfff", ["\ud800 \udfff"]),
        ("שלום עולם.\nمرحبا.", ["שלום עולם.", "مرحبا."]),
        ("👩‍👩‍👧 e\u0301.\n🇳🇴", ["👩‍👩‍👧 e\u0301.", "🇳🇴"]),
    ],
    ids=[
        "empty",
        "blank",
        "line",
        "blanks around",
        "blank lines",
        "CRLF",
        "every line break",
        "NUL",
        "wide blanks",
        "zero width",
        "lone surrogates",
        "right to left",
        "emoji",
    ],
)
def test_lines(read: Read, text: str, segments: list[str]) -> None:
    assert cut(read, text) == segments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Editor: Why now?\nAna Ruiz: Because.", ["Editor:", "Ana Ruiz:"]),
        ("**Editor:** Why?\n**Ruiz:** Because.", ["**Editor:**", "**Ruiz:**"]),
        ("Dr. Ana Ruiz (MIT): No.\nRuiz: Yes.", ["Dr. Ana Ruiz (MIT):", "Ruiz:"]),
        ("Q. Where?\nA. There.\nQ. When?\nA. Then.", ["Q.", "A.", "Q.", "A."]),
        ("Q1: Where?\nA1: There.", ["Q1:", "A1:"]),
        (
            "MR. DOE. I see.\nMS. ROE. No.\nMR. DOE. So.\nMS. ROE. Ah.",
            ["MR. DOE.", "MS. ROE."] * 2,
        ),
        ("Ruiz — We did.\nBerg — I saw.\nRuiz — So.\nBerg — Yes.", ["Ruiz —", "Berg —"] * 2),
        ("What to bring:\nA torch and a coat.", ["", ""]),
        ("Interview: The Future of Tea", [""]),
        ("She said: it is over.", [""]),
        ("The vote ended. Result: nothing.\nSo.", ["", ""]),
        ("MR. DOE. I rise.", [""]),
        ("Editor:", [""]),
    ],
    ids=[
        "names",
        "bold",
        "title and bracket",
        "letters",
        "numbered letters",
        "hearing",
        "dash",
        "heading with colon",
        "heading word",
        "small letters",
        "behind a sentence",
        "title only once",
        "label of nothing",
    ],
)
def test_labels(read: Read, text: str, expected: list[str]) -> None:
    assert labels(read, text) == expected


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        (
            "Editor:\nWhy did they vote?\nDr. Ruiz:\n\nThe money ran out.",
            ["Editor:\nWhy did they vote?", "Dr. Ruiz:\n\nThe money ran out."],
        ),
        (
            "ANNA BERG\nWhat happened that night?\nTOM VELA\nThe pumps failed at two.\n"
            "ANNA BERG\nWho was on duty then?\nTOM VELA\nNobody was on duty at all.",
            [
                "ANNA BERG\nWhat happened that night?",
                "TOM VELA\nThe pumps failed at two.",
                "ANNA BERG\nWho was on duty then?",
                "TOM VELA\nNobody was on duty at all.",
            ],
        ),
        ("The result\nThe town voted against it.", ["The result", "The town voted against it."]),
    ],
    ids=["colon", "recurring names", "a heading stands alone"],
)
def test_a_label_on_its_own_line_belongs_to_its_turn(
    read: Read, text: str, segments: list[str]
) -> None:
    assert cut(read, text) == segments


def test_no_segment_is_blank_however_far_a_label_is_from_its_turn(read: Read) -> None:
    text = "Editor:" + "\n" * (3 * MAX_TOKENS) + "Why did they vote?"
    assert all(segment.strip() for segment in cut(read, text))


@pytest.mark.parametrize(
    "text",
    [
        "The mayor spoke. Editor: Why now? Ruiz: No money. Editor: And next? Ruiz: We wait.",
        "The mayor spoke. Q: Why now? A: No money. Q: And next? A: We wait.",
        "He left. **Berg:** Why now? **Ruiz:** No money. **Berg:** And next? **Ruiz:** We wait.",
    ],
    ids=["names", "letters", "bold"],
)
def test_turns_are_found_within_a_line(read: Read, text: str) -> None:
    found = cut(read, text)
    assert " ".join(found) == text
    assert [segment.partition(":")[2].strip(" *") for segment in found[1:]] == [
        "Why now?",
        "No money.",
        "And next?",
        "We wait.",
    ]


def test_an_abbreviation_between_two_labels_leaves_no_empty_segment(read: Read) -> None:
    """ "No." may be short for number, so that it does not end a sentence."""
    text = "He left. MIN: Did you? JI: No. MIN: You did not? JI: Never. MIN: Fine."
    found = cut(read, text)
    assert " ".join(found) == text
    assert found[1:3] == ["MIN: Did you?", "JI: No. MIN: You did not?"]


@pytest.mark.parametrize("text", ["0 :", ":", "a b :\nc", "x: :"])
def test_stray_colons(read: Read, text: str) -> None:
    assert "\n".join(cut(read, text)) == text


def test_one_speaker_under_several_labels_has_one_key(read: Read) -> None:
    batch = read("Host: Why?\nDr. Ana Ruiz (MIT): So.\nHost: And?\n**Ruiz:** Well.")
    host, ruiz, host_again, ruiz_again = batch.segments.key.tolist()
    assert host == host_again != ruiz == ruiz_again


def test_roles_come_from_the_label(read: Read) -> None:
    page = "Editor: Why?\nAnalyst: So.\nCouncillor Ruiz: Well.\nRuiz: Yes."
    found = read(page).segments.role & ROLES
    assert found.tolist() == [Flag.ASKER, Flag.ANSWERER, Flag.TITLE, 0]


ROLES = Flag.ASKER | Flag.ANSWERER | Flag.TITLE


SENTENCES = [f"This is sentence number {k} about the harbour." for k in range(60)]


def test_long_paragraphs_are_cut_at_sentence_ends(read: Read) -> None:
    text = " ".join(SENTENCES[:16])
    *found, last = cut(read, text + "\nLast line")
    assert 2 <= len(found) < 16
    assert " ".join(found) == text
    assert all(segment.endswith(".") for segment in found)
    assert last == "Last line"


@pytest.mark.parametrize("n", [2, 8, 60])
def test_a_page_on_one_line_is_cut_into_sentences(read: Read, n: int) -> None:
    assert cut(read, " ".join(SENTENCES[:n])) == SENTENCES[:n]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Shares fell by nine percent.", "The week asks what comes of it.", "Nobody can say."],
        ["So what did they find?", "– Asbestos fibres, in three samples.", "– And now?"],
        ["Share (print)", "Interview: the harbour and its ships."],
        ["It had burnt for a day. gih/ard", "The harbour has been at a crossroads since."],
        ["Nobody was hurt.", "Facebook", "X WhatsApp", "What comes next for the harbour?"],
        ["Nobody said what it had cost", "Key Takeaways for the Harbour and Its Ships."],
        ["Pictures by Ada Lund of the fire", "Editor's Interview: A Talk about Ships."],
        ["He and/or she had read The Future."],
        ["They asked her about The Future of this."],
    ],
    ids=[
        "short ones",
        "dashes",
        "brackets",
        "initials",
        "buttons",
        "heading",
        "heading behind a name",
        "no initials",
        "no heading of one word",
    ],
)
def test_where_sentences_of_a_one_line_page_begin(read: Read, sentences: list[str]) -> None:
    assert cut(read, " ".join(sentences)) == sentences


def test_what_is_shorter_than_a_sentence_begins_none(read: Read) -> None:
    assert cut(read, "Assoc. Prof. Odagiri left.") == ["Assoc. Prof. Odagiri left."]


def test_a_paragraph_of_usual_length_is_one_segment(read: Read) -> None:
    text = " ".join(SENTENCES[:8])
    assert len(text) < CUT_ABOVE
    assert cut(read, text + "\nLast line") == [text, "Last line"]


@pytest.mark.parametrize(
    ("sentence", "starts"),
    [
        ("Mr. J. Doe met Dr. B. Roe at the harbour of the town on Friday.", "Mr."),
        ("they met again at the small harbour of the town on that day.", "they"),
        ("“Nobody was there at the harbour of the town on that day.”", "“Nobody"),
    ],
    ids=["abbreviations", "without capitals", "quoted"],
)
def test_sentences_of_a_run_on_page_begin_where_they_do(
    read: Read, sentence: str, starts: str
) -> None:
    found = cut(read, " ".join([sentence] * 30))
    assert len(found) == 30
    assert all(segment.startswith(starts) for segment in found)


@pytest.mark.parametrize(
    ("text", "run_on"),
    [
        ("One line and no other.", [True]),
        ("One line.\nAnother line.", [False, False]),
        (" ".join(SENTENCES[:2]) + "\n" + " ".join(SENTENCES), [False] + [True] * 60),
        ("", []),
    ],
    ids=["alone", "two", "a long one", "none"],
)
def test_lines_that_swallowed_those_of_their_page(
    read: Read, text: str, run_on: list[bool]
) -> None:
    assert read(text).segments.run_on.tolist() == run_on


def test_only_the_first_piece_begins_its_line(read: Read) -> None:
    batch = read(" ".join(SENTENCES) + "\nEnd.")
    assert batch.segments.first.tolist() == [True] + [False] * 59 + [True]
    assert batch.segments.last.tolist() == [False] * 59 + [True, True]
    assert batch.segments.line.tolist() == [0] * 60 + [1]


def test_no_segment_has_more_tokens_than_fit(read: Read) -> None:
    segments = read("word " * 1700).segments
    assert (segments.end - segments.start).tolist() == [MAX_TOKENS] * 4 + [100]


def test_pages_of_a_batch_are_cut_as_if_alone(read: Read) -> None:
    pages = ["Editor: Why?\nRuiz: So.", "", "One.\nTwo.", "Editor:", "Said: it."]
    together = read(*pages).segments
    sizes = [len(read(page).segments) for page in pages]
    assert [int(n) for n in together.page_starts[1:] - together.page_starts[:-1]] == sizes
    assert together.page.tolist() == [p for p, n in enumerate(sizes) for _ in range(n)]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", [(0, 1)]),
        ("a bc", [(0, 1), (2, 4), (4, 5)]),
        ("a\r\nb", [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]),
        ("\U0001f600 İ\u3000x", [(0, 1), (2, 3), (4, 5), (5, 6)]),
    ],
    ids=["empty", "words", "CRLF", "wide characters"],
)
def test_token_offsets(text: str, spans: list[tuple[int, int]]) -> None:
    starts, ends = token_offsets(text)
    assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == spans


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ('<span style="font-weight: 400; color: red">word</span>', 'a="">word</span>'),
        ('One.<p class="wide lead" id="x">Two.', 'a="">Two.'),
        ('a < b and c="d e" in "f"', 'a < b and c="d e" in "f"'),
        ('<p\nclass="wide lead">', '<p\nclass="wide lead">'),
        ("<b>bold</b> a=b", "<b>bold</b> a=b"),
    ],
    ids=["inline", "block", "no tag", "over a line", "no attribute"],
)
def test_attributes_of_tags_are_not_read(text: str, seen: str) -> None:
    assert len(plain(text)) == len(text)
    assert plain(text).endswith(seen)
    assert "400;" not in plain(text)


PARAGRAPH = (
    "The mayor met Anna Berg in Oslo. They spoke of the harbour.\nHelsinki had sent ten men. "
)


@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_pages_without_case_get_capitals(read: Read, change: Callable[[str], str]) -> None:
    text = PARAGRAPH * 3
    cased, caseless = read(text), read(change(text))
    assert (caseless.has(Flag.CAPITAL) == cased.has(Flag.CAPITAL)).all()
    assert not caseless.has(Flag.UPPER).any()
    assert (caseless.is_name == cased.is_name).all()


@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_case_of_short_pages_and_of_single_lines_is_left(
    read: Read, change: Callable[[str], str]
) -> None:
    short = read(change(PARAGRAPH))
    upper = change is str.upper
    assert short.has(Flag.UPPER).any() == upper
    assert short.has(Flag.CAPITAL).any() == upper
    page = read(PARAGRAPH * 3 + "\n" + change("Oslo sends ten men"))
    assert page.has(Flag.UPPER).sum() == 4 * upper


def test_labels_are_found_without_case(read: Read) -> None:
    text = "Maren Holt: What is it?\nJon Ek: Nothing at all.\nMaren Holt: Why?\nJon Ek: So.\n" * 3
    assert labels(read, text.lower()) == [label.lower() for label in labels(read, text)]
