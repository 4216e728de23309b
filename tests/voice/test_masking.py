"""Numbers, units, dates, times, codes, names and quotations are found, masked, put back and counted."""

from __future__ import annotations

import pytest

from sensorium.voice.masking import added, latin_digits, lost, mask, numbers, restore

KEPT = [
    ("Take 5 mg before 12 March 2026.", ("5 mg", "12 March 2026")),
    ("The total is €12.50, paid at 10:45 am on 2026-03-12.", ("€12.50", "10:45 am", "2026-03-12")),
    ("It costs Rs. 1,250.00 or 15 USD.", ("Rs. 1,250.00", "15 USD")),
    ("It says: “Push to open”.", ("“Push to open”",)),
    ("Call +49 30 1234567 or mail a.b@c.org.", ("+49 30 1234567", "a.b@c.org")),
    ("See https://example.org/a?b=1 now.", ("https://example.org/a?b=1",)),
    ("This is Dolo 650 by Micro Labs.", ("Dolo 650", "Micro Labs")),
    ("EXP 09/2027, batch AB-1234.", ("EXP 09/2027", "AB-1234")),
    ("There are 3 coins.", ("3",)),
    ("On Monday the bus goes to New Delhi.", ("New Delhi",)),
    ("It is 21.5 °C, 40 % and -4 °F; 2 x 500 g, 1.5 l.", ("21.5 °C", "40 %", "-4 °F", "2 x 500 g", "1.5 l")),
    ("The 1st and the 22nd floor.", ()),
    ("It is a cat. I can't tell more.", ()),
    ("Is that May? It may be.", ()),
    ("May 5, 2026 is the date; the best before is Aug 2027.", ("May 5, 2026", "Aug 2027")),
    ("The flight BA117 leaves from gate B12.", ("BA117", "B12")),
]


@pytest.mark.parametrize(("text", "originals"), KEPT)
def test_what_must_stay_is_masked_and_restored(text: str, originals: tuple[str, ...]) -> None:
    masked = mask(text)
    assert masked.originals == originals
    assert all(f"[[{i}]]" in masked.text for i in range(1, len(originals) + 1))
    assert not numbers(masked.text.translate({ord(c): None for c in "[]"})) or originals or "1st" in text
    assert restore(masked.text, masked.originals) == (text, ())


def test_marks_come_back_in_any_order_and_any_spacing() -> None:
    assert restore("am [[2]] nur [ [1] ] mg", ("5", "Montag")) == ("am Montag nur 5 mg", ())
    assert restore("[[१]] और [[२]]", ("5 mg", "10:45")) == ("5 mg और 10:45", ())  # marks in a script's own digits


def test_marks_that_are_lost_doubled_or_invented_are_told() -> None:
    assert restore("only [[1]]", ("5", "7")) == ("only 5", ("7",))
    assert restore("[[1]] and [[1]]", ("5",)) == ("5 and", ("5",))
    assert restore("[[1]] [[9]]", ("5",)) == ("5", ())


def test_names_are_not_looked_for_where_nouns_have_capitals() -> None:
    assert mask("Das ist die Katze von Anna.", "de").originals == ()
    assert mask("यह Dolo 650 है", "hi").originals == ("650",)


def test_numbers_are_compared_whatever_their_script_and_separators() -> None:
    assert numbers("५०० और १२.५०") == ["500", "12.50"]
    assert numbers("1,250.50 / 1.250,50 / 1'250.50") == ["1.250.50"] * 3
    assert latin_digits("٣ ३ 3") == "3 3 3"
    assert lost(("5 mg", "Dolo 650", "10:45"), "५ मिलीग्राम डोलो 650, 10:45") == ()
    assert lost(("5 mg", "5 ml"), "५ मिलीग्राम") == ("5 ml",)
    assert lost(("Micro Labs",), "माइक्रो लैब्स") == ("Micro Labs",) and lost(("Micro Labs",), "von MICRO LABS") == ()
    assert added("5 mg", "5 mg, 10 mg") == ("10",) and added("10:45", "10 Uhr 45") == ()
