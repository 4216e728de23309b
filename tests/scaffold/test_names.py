"""Names: identifiers from any words; the title keeps the words."""

from __future__ import annotations

import keyword

import pytest

from sensorium.core.errors import InputError
from sensorium.scaffold.names import field_names, names


@pytest.mark.parametrize(
    ("title", "folder", "package"),
    [
        ("Label reader", "label-reader", "label_reader"),
        ('  Tom\'s   "best" café ', "toms-best-cafe", "toms_best_cafe"),
        ("class", "class", "class_app"),
        ("match", "match", "match_app"),
        ("None", "none", "none"),
        ("json", "json", "json_app"),
        ("tests", "tests", "tests_app"),
        ("Sensorium", "sensorium", "sensorium_app"),
        ("2 fast", "2-fast", "app_2_fast"),
        ("42", "42", "app_42"),
        ("दवा पढ़ें", "app", "app_app"),
        ("Größe & Øl", "grosse-ol", "grosse_ol"),
        ("CON", "con-app", "con_app"),
        ("Nul", "nul-app", "nul_app"),
        ("..", None, None),
        ("-rf", "rf", "rf"),
        ("~", None, None),
    ],
)
def test_names(title: str, folder: str | None, package: str | None) -> None:
    if folder is None:
        with pytest.raises(InputError, match="no letter or digit"):
            names(title)
        return
    named = names(title)
    assert (named.folder, named.package) == (folder, package)
    assert named.title == " ".join(title.split())
    assert named.package.isidentifier() and not keyword.iskeyword(named.package)


@pytest.mark.parametrize("title", ["", "   ", "a\x00b", "x" * 61, "a\u202eb", "a/b", "..\\b"])
def test_what_can_be_no_name_is_refused(title: str) -> None:
    with pytest.raises(InputError) as raised:
        names(title)
    assert raised.value.hint


def test_fields_are_identifiers_and_no_two_are_the_same() -> None:
    labels = ["expiry date", "class", "2nd dose", "Expiry-date", "तारीख", "नाम", "from"]
    found = field_names(labels)
    assert found[:3] == ("expiry_date", "class_", "field_2nd_dose")
    assert len(set(found)) == len(labels)
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in found)


@pytest.mark.parametrize("labels", [["?"], ["a", "A"], ["x" * 41], ["a\nb"]])
def test_fields_that_can_be_no_names_are_refused(labels: list[str]) -> None:
    with pytest.raises(InputError):
        field_names(labels)
