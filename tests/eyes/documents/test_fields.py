from __future__ import annotations

import pytest

from sensorium.core.reply import Box
from sensorium.eyes.documents.fields import find_field
from sensorium.eyes.ocr.lines import TextLine


def page(*written: str, score: float = 0.99) -> list[TextLine]:
    """Set rows as a till would: cells parted by " | ", the first at the left, the last at the right edge."""
    lines = []
    for number, row in enumerate(written):
        cells = row.split(" | ")
        for column, cell in enumerate(cells):
            width = 12.0 * len(cell)
            left = 0.0 if column == 0 else 600.0 - width if column == len(cells) - 1 else 250.0 * column
            top = 40.0 * number
            corners = ((left, top), (left + width, top), (left + width, top + 24), (left, top + 24))
            lines.append(TextLine(cell, Box(left, top, left + width, top + 24), score, corners=corners))
    return lines


RECEIPT = page(
    "GREEN LEAF MARKET",
    "12 High Street, Leeds",
    "Tel: 0113 496 0123",
    "VAT Reg No 123 4567 89",
    "Date: 14/03/2026 | Time: 17:42",
    "Receipt no: 48213",
    "Whole milk | £1.15",
    "Cheddar | £4.20",
    "Total gym shorts | £9.99",
    "Total items | 3",
    "Subtotal | £15.34",
    "VAT 20% | £3.07",
    "TOTAL | £18.41",
    "Cash | £20.00",
    "Change | £1.59",
    "www.greenleaf.example.com",
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("total", "£18.41"), ("the total amount", "£18.41"), ("amount due", "£18.41"), ("subtotal", "£15.34"),
        ("tax", "£3.07"), ("VAT", "£3.07"), ("change", "£1.59"), ("cash", "£20.00"), ("date", "14/03/2026"),
        ("time", "17:42"), ("phone number", "0113 496 0123"), ("receipt number", "48213"), ("price of milk", "£1.15"),
        ("cheddar price", "£4.20"), ("address", "12 High Street, Leeds"), ("website", "www.greenleaf.example.com"),
    ],
)  # fmt: skip
def test_a_receipt_gives_its_fields(name: str, value: str) -> None:
    found = find_field(RECEIPT, name)
    assert found is not None
    assert found.value == value
    assert found.confidence >= 0.8
    assert any(value in line.text for line in found.lines)


@pytest.mark.parametrize("name", ["expiry date", "email", "price of bread", "gate", "best before", "flight", "tip"])
def test_what_does_not_stand_there_is_not_found(name: str) -> None:
    assert find_field(RECEIPT, name) is None


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        (("Zwischensumme | 10,00", "MwSt 7% | 0,70", "SUMME EUR | 10,70"), "total", "10,70"),
        (("Sous-total | 8,00 €", "Total HT | 8,00 €", "TVA 20% | 1,60 €", "Total TTC | 9,60 €"), "total", "9,60 €"),
        (("Base imponible | 1.000,00", "IVA 21% | 210,00", "Importe total | 1.210,00"), "total", "1.210,00"),
        (("Total savings | $2.00", "Balance due | $7.50"), "total", "$7.50"),
        (("TOTAL", "£12.50"), "total", "£12.50"),
        (("Total | 12", "Items | 4"), "total", None),
        (("Total | two"), "total", None),
        (("Subtotal | 12.00",), "total", None),
        (("Total visitors | 12.00",), "total", None),
        (("VAT no 20.00.11",), "tax", None),
        (("Made on 01.02.2026", "Best before 05/2027"), "expiry date", "05/2027"),
        (("Made on 01.02.2026", "Best before 05/2027"), "best before", "05/2027"),
        (("EXP 2027-08-31 LOT B2201",), "when", None),
        (("EXP 2027-08-31 LOT B2201",), "expiry", "2027-08-31"),
        (("EXP 2027-08-31 LOT B2201",), "lot number", "B2201"),
        (("LOT 4C118 EXP 2027-08",), "lot", "4C118"),
        (("LOT 4C118 EXP 2027-08",), "expiry date", "2027-08"),
        (("Lot: 77A1 Exp: 08/2027",), "batch number", "77A1"),
        (("A lot of salt, best before 05/2027",), "lot", None),
        (("Mindestens haltbar bis:", "12.11.2026"), "expiry date", "12.11.2026"),
        (("À consommer de préférence avant le", "3 août 2027"), "expiry date", "3 août 2027"),
        (("Packed 01.02.2026",), "expiry date", None),
        (("Best before: see lid",), "expiry date", None),
        (("Use by 45/13/2026",), "expiry date", None),
        (("EXP 13/2027",), "expiry date", None),
        (("EXP 00/2027",), "expiry date", None),
        (("Best before 05/2027",), "date", None),
        (("Mar 14, 2026",), "date", "Mar 14, 2026"),
        (("Seat | Gate", "12A | C4"), "gate", "C4"),
        (("Seat | Gate", "12A | C4"), "seat", "12A"),
        (("Order no: K-2231",), "order number", "K-2231"),
        (("Order no: K-2231",), "Order no", "K-2231"),
        (("Name: Anna Whitfield", "Dose: 2 tablets daily"), "name", "Anna Whitfield"),
        (("Patient | Maria Lindgren",), "name", "Maria Lindgren"),
        (("Please keep the gate shut",), "gate", None),
        (("Your name here will be called",), "name", None),
        (("Name:", "Dose:"), "name", None),
        (("Call +44 1632 960983",), "phone", "+44 1632 960983"),
        (("14.03.2026", "No. 20260314"), "phone", None),
        (("info@bakery.example",), "email", "info@bakery.example"),
        (("Tomato soup | 4.50", "Grilled cheese | 6.00"), "price", None),
        (("Ticket | £6.00",), "price", "£6.00"),
        (("Apfelschorle | 2,50", "Äpfel | 1,99"), "price of apfel", "1,99"),
    ],
)  # fmt: skip
def test_strict_cases(written: tuple[str, ...], name: str, value: str | None) -> None:
    found = find_field(page(*([written] if isinstance(written, str) else written)), name)
    assert (None if found is None else found.value) == value


def test_two_totals_that_differ_are_not_believed() -> None:
    found = find_field(page("Total | 12.50", "Total | 15.50"), "total")
    assert found is None or found.confidence < 0.8


def test_a_total_below_its_subtotal_is_not_believed() -> None:
    found = find_field(page("Subtotal | 42.50", "Total | 12.50"), "total")
    assert found is not None
    assert found.confidence < 0.8


def test_badly_read_lines_give_little_confidence_and_worse_ones_nothing() -> None:
    found = find_field(page("Total | £18.41", score=0.7), "total")
    assert found is not None
    assert found.confidence < 0.8
    assert find_field(page("Total | £18.41", score=0.4), "total") is None


def test_no_lines_no_field() -> None:
    assert find_field([], "total") is None
    assert find_field(RECEIPT, "") is None
