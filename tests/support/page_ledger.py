"""Which blocks of the pages are run by which test, and which can't be run here, each with its reason: the one list."""

from __future__ import annotations

STARTER = ("tests/recipes/starter/test_starter_guide.py", "starter.md")
ELSEWHERE: dict[tuple[str, str], tuple[str, str]] = {
    ("README.md", "sensorium "): ("tests/test_readme.py", "README.md"),
    ("README.md", ".venv/bin/sensorium "): ("tests/test_readme.py", "README.md"),
    ("README.md", "python"): ("tests/test_readme.py", "README.md"),
    ("docs/backends.md", "python openai:"): ("tests/backends/test_openai.py", "backends.md"),
    ("docs/backends.md", "python gemini:"): ("tests/backends/test_gemini.py", "backends.md"),
    ("docs/compare.md", "sensorium compare "): ("tests/evaluation/choosing/test_compare_guide.py", "docs/compare.md"),
    ("docs/embedders.md", "python"): ("tests/test_embedders_page.py", "embedders.md"),
    ("docs/fewshot.md", "python"): ("tests/fewshot/test_guide.py", "docs/fewshot.md"),
    ("docs/needle.md", "sensorium "): ("tests/video/test_needle_guide.py", "needle.md"),
    ("docs/needle.md", "python"): ("tests/video/test_needle_guide.py", "needle.md"),
    ("docs/new.md", ""): ("tests/scaffold/test_new_guide.py", "new.md"),
    ("docs/search.md", ""): ("tests/search/test_guide.py", "docs/search.md"),
    ("docs/starter.md", "python recipes/starter/draw.py "): (
        "tests/recipes/starter/test_starter_guide.py",
        "starter.md",
    ),
    ("docs/starter.md", "sensorium tune "): STARTER,
    ("docs/starter.md", "sensorium evaluate "): STARTER,
    ("docs/starter.md", "sensorium ask scenes/"): STARTER,
    ("docs/store.md", "python"): ("tests/apps/store/test_store_guide.py", "store.md"),
    ("docs/store.md", "curl "): ("tests/apps/store/test_store_guide.py", "store.md"),
    ("docs/tuning.md", "python"): ("tests/tune/test_tuning_guide.py", "docs/tuning.md"),
    ("docs/video.md", "sensorium "): ("tests/video/test_video_guide.py", "video.md"),
    ("docs/video.md", "python"): ("tests/video/test_video_guide.py", "video.md"),
    ("docs/voice.md", "python"): ("tests/voice/test_voice_docs.py", "voice.md"),
    ("docs/voice.md", "sensorium talk photo.jpg question.wav -l kok"): ("tests/voice/test_voice_docs.py", "voice.md"),
}
"""(page, how a line begins; "python" and a word in it for programs, "" for everything) -> the test that runs them, and
how it names the page. Those tests take their blocks from the page, so that a changed line is the line that they run."""

INSTALLS = "installs packages; recipes/new_user.sh and continuous integration install them"
OWN_ENVIRONMENT = "an environment of 8 GB, for one marker of the tests"
NOT_RUN: dict[tuple[str, str], str] = {
    ("README.md", "make demo"): "recipes/new_user.sh types it (tests/docs/test_new_user.py, long)",
    ("CONTRIBUTING.md", "make test"): "it is what runs this",
    ("CONTRIBUTING.md", "make bench"): "measures for an hour or more",
    ("CONTRIBUTING.md", "sudo apt-get install"): "changes the system; tests/test_readme.py compares it with .ci/run",
    ("CONTRIBUTING.md", "python3 -m venv .venv-torchvision"): OWN_ENVIRONMENT,
    ("CONTRIBUTING.md", ".venv-torchvision/bin/pip"): OWN_ENVIRONMENT,
    ("CONTRIBUTING.md", "grep -v"): OWN_ENVIRONMENT,
    ("CONTRIBUTING.md", ".venv-torchvision/bin/python"): OWN_ENVIRONMENT,
    ("course/README.md", "make course"): "recipes/new_user.sh types it (tests/docs/test_new_user.py, long)",
    ("docs/data.md", "pip install"): INSTALLS,
    ("docs/ray.md", "pip install"): INSTALLS,
    (
        "docs/ray.md",
        "sensorium index photos/ --to s3://",
    ): "needs a Ray cluster and S3; the tests of Ray have both",
    ("docs/tuning.md", "pip install"): INSTALLS,
    ("docs/tuning.md", "accelerate launch"): "two processes: tests/tune/training/test_distributed.py starts them",
    ("docs/tuning.md", "torchrun"): "two processes: tests/tune/training/test_distributed.py starts them",
    ("docs/tuning.md", "hf upload"): "needs an account at the Hugging Face hub",
    ("docs/video.md", "python recipes/film.py"): "five minutes of film; tests/recipes/test_film.py makes shorter ones",
}
"""(page, how a line begins) -> why it isn't run."""

STATUS = {
    ".venv/bin/sensorium lesson check 2": 1,
    'sensorium search demo/pictures.index "a submarine under the ice"': 3,
    'sensorium watch demo/film.mp4 "When is a submarine seen?"': 3,
}
"""Commands that end with another status than 0: nothing fits, or no exercise was done."""

LONG = {"docs/tuning.md", "docs/guides/tune.md"}
"""Pages that train: a minute or more."""


def elsewhere(page: str, kind: str, source: str) -> tuple[str, str, str] | None:
    """Return how the entry begins that says which test runs a step, that test, and how it names the page."""
    for (where, start), test in ELSEWHERE.items():
        if where == page and _fits(start, kind, source):
            return start, *test
    return None


def _fits(start: str, kind: str, source: str) -> bool:
    if start.partition(" ")[0] == "python" and not start.startswith("python recipes/"):
        return kind == "python" and start[7:] in source
    return not start or (kind == "command" and source.startswith(start))


def reason(page: str, source: str) -> tuple[str, str] | None:
    """Return how the entry begins that says why a line isn't run, and why."""
    return next(((start, why) for (p, start), why in NOT_RUN.items() if p == page and source.startswith(start)), None)
