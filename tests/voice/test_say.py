"""Words to speech by the first voice that can."""

from __future__ import annotations

import pytest
from people import Voice

from sensorium.core.errors import InputError, LimitError, ServiceError
from sensorium.media.audio import seconds
from sensorium.voice import spoken


def test_sentences_are_joined_with_pauses() -> None:
    voice = Voice()
    found = spoken([Voice(("en",)), voice], "एक। दो।", "hi")
    assert voice.said == [("एक।", "hi"), ("दो।", "hi")] and found.by == "voice" and found.failed == ()
    assert seconds(found.audio) == pytest.approx(0.1 + 0.25 + 0.1, abs=0.01)


def test_what_can_not_be_said_is_told() -> None:
    with pytest.raises(LimitError, match="No voice here speaks Hindi: there is voice"):
        spoken([Voice(("en",))], "एक", "hi")
    with pytest.raises(InputError, match="nothing to say"):
        spoken([Voice()], " ", "en")
    with pytest.raises(ServiceError, match="broken"):
        spoken([Voice(fails_after=0, error=ServiceError("It is broken."))], "One.", "en")
