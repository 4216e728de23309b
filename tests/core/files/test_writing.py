from __future__ import annotations

import errno
import os

import pytest

from sensorium.core.files import unwritable


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "Make room on the disk"),
        (errno.EACCES, "Allow writing there"),
        (errno.EROFS, "can't be written, or name another folder"),
        (errno.ENOENT, "Make its folder first"),
    ],
)
def test_the_advice_fits_what_the_system_says(number: int, advice: str) -> None:
    error = unwritable("a/b", OSError(number, os.strerror(number)))
    assert advice in error.hint and os.strerror(number) in error.message and "'a/b'" in error.message
