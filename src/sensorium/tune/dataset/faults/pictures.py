"""Faults of pictures: broken, twice, in training and test at once, naming persons, of a size that models lose."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from sensorium.tune.dataset.data import Row, place
from sensorium.tune.dataset.image_info import Seen
from sensorium.tune.dataset.report import Finding

LEAST_SIDE = 32
MOST_ASPECT = 5.0


def findings(rows: Sequence[Row], seen: Mapping[Hashable, Seen], family: Mapping[Hashable, int]) -> list[Finding]:
    """Return what is wrong with the pictures of rows.

    Args:
        rows: Those that can be used.
        seen: What was seen of each picture, by its place.
        family: The number that pictures which are one share, by their place.
    """
    by_row = {row.number: [place(image) for image in row.images] for row in rows}
    return [
        *_broken(by_row, seen),
        *_across(rows, seen, family),
        *_personal(by_row, seen),
        *_twice(by_row, seen),
        *_near(by_row, seen, family),
        *_shapes(by_row, seen),
    ]


def _numbers(by_row: Mapping[int, Sequence[Hashable]], wanted: Iterable[Hashable]) -> tuple[int, ...]:
    named = set(wanted)
    return tuple(number for number, places in by_row.items() if named.intersection(places))


def _broken(by_row: Mapping[int, Sequence[Hashable]], seen: Mapping[Hashable, Seen]) -> list[Finding]:
    broken = [where for where, each in seen.items() if each.broken]
    if not broken:
        return []
    what = f"{_pictures(len(broken))} can't be opened; the first: {seen[broken[0]].broken}"
    return [Finding("broken-picture", what, _numbers(by_row, broken), "Fetch them again, or delete their rows.", True)]


def _across(rows: Sequence[Row], seen: Mapping[Hashable, Seen], family: Mapping[Hashable, int]) -> list[Finding]:
    splits: dict[int, set[str]] = {}
    for row in rows:
        for image in row.images:
            if row.example.split and not seen[place(image)].broken:
                splits.setdefault(family[place(image)], set()).add(row.example.split)
    shared = {number for number, names in splits.items() if len(names) > 1}
    if not shared:
        return []
    numbers = tuple(row.number for row in rows if any(family[place(image)] in shared for image in row.images))
    names = " and ".join(sorted(set().union(*(splits[number] for number in shared))))
    what = f"{_pictures(len(shared))} in {names} at once: the score would measure memory."
    hint = "Divide it anew, with copies together: sensorium data split TASK --out FOLDER"
    return [Finding("picture-across-splits", what, numbers, hint, True)]


def _personal(by_row: Mapping[int, Sequence[Hashable]], seen: Mapping[Hashable, Seen]) -> list[Finding]:
    named = [where for where, each in seen.items() if each.personal]
    if not named:
        return []
    kinds = sorted({kind for where in named for kind in seen[where].personal})
    what = f"{_pictures(len(named))} with personal data in their metadata: {', '.join(kinds)}."
    hint = "Save a copy without it: sensorium data split TASK --out FOLDER --without-metadata"
    return [Finding("personal-data", what, _numbers(by_row, named), hint, True)]


def _twice(by_row: Mapping[int, Sequence[Hashable]], seen: Mapping[Hashable, Seen]) -> list[Finding]:
    files: dict[str, list[Hashable]] = {}
    for where, each in seen.items():
        if each.digest:
            files.setdefault(each.digest, []).append(where)
    copies = {digest: places for digest, places in files.items() if len(places) > 1}
    if not copies:
        return []
    what = f"{_pictures(len(copies))} under {sum(map(len, copies.values()))} names with the same bytes."
    numbers = _numbers(by_row, (where for places in copies.values() for where in places))
    return [Finding("duplicate-picture", what, numbers, "Keep one of each, or split by group.", False)]


def _near(
    by_row: Mapping[int, Sequence[Hashable]], seen: Mapping[Hashable, Seen], family: Mapping[Hashable, int]
) -> list[Finding]:
    members: dict[int, list[Hashable]] = {}
    for where, number in family.items():
        members.setdefault(number, []).append(where)
    near = [places for places in members.values() if len({seen[where].digest for where in places}) > 1]
    if not near:
        return []
    what = (
        f"{_pictures(len(near))} more than once to the eye, in another size, compression or exposure "
        f"({sum(map(len, near))} files)."
    )
    numbers = _numbers(by_row, (where for places in near for where in places))
    return [Finding("near-duplicate-picture", what, numbers, "Look at them: sensorium data preview TASK", False)]


def _shapes(by_row: Mapping[int, Sequence[Hashable]], seen: Mapping[Hashable, Seen]) -> list[Finding]:
    opened = {where: each.size for where, each in seen.items() if not each.broken}
    tiny = [where for where, size in opened.items() if min(size) < LEAST_SIDE]
    long = [where for where, size in opened.items() if max(size) > MOST_ASPECT * min(size)]
    out = []
    if tiny:
        what = f"{_pictures(len(tiny))} with a side under {LEAST_SIDE} pixels."
        hint = "Fetch larger ones: models enlarge them and see a blur."
        out.append(Finding("tiny-picture", what, _numbers(by_row, tiny), hint, False))
    if long:
        what = f"{_pictures(len(long))} over {MOST_ASPECT:.0f} times as long as wide."
        hint = "Cut them into parts: many models squeeze every picture into a square."
        out.append(Finding("extreme-aspect", what, _numbers(by_row, long), hint, False))
    return out


def _pictures(count: int) -> str:
    return "One picture" if count == 1 else f"{count} pictures"
