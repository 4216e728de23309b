"""The main job on real pictures: questions, answers with their confidence and evidence, and how long they took.

`make demo`, or `python recipes/demo.py [--model NAME] [--to FOLDER]`: prints everything as it comes, writes a page
with the pictures to FOLDER/index.html, and ends with exit code 1 if any answer was wrong.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from demo_page import write
from demo_pictures import Picture
from demo_questions import QUESTIONS, Answer, Question, is_right
from demo_search import search_lines

from sensorium import Conversation, Image, Model, SensoriumError, ask, load


def encoded(picture: Picture) -> bytes:
    """Return the picture as the bytes of a PNG file, as if it came from a disk."""
    file = io.BytesIO()
    picture.make().save(file, "PNG")
    return file.getvalue()


def answers(model: Model, data: bytes, questions: tuple[Question, ...]) -> Iterator[Answer]:
    """Ask each question about the picture in these bytes."""
    for question in questions:
        start = time.perf_counter()
        reply = ask(model, Conversation.of(Image(data), question.text))
        yield Answer(question, reply, time.perf_counter() - start, is_right(question, reply))


def lines(answer: Answer) -> Iterator[str]:
    """Return the lines that report the answer to a question."""
    reply = answer.reply
    confidence = "" if reply.confidence is None else f", confidence {reply.confidence:.2f}"
    outcome = ("declined" if reply.abstained else "answered") + (", rightly" if answer.right else ", WRONGLY")
    yield f"    Question: {answer.question.text}"
    yield f"    Answer:   {' / '.join(reply.text.splitlines())}"
    yield f"              {outcome}{confidence}, in {answer.seconds:.2f} s"
    for item in reply.evidence[:3]:
        place = "" if item.box is None else " at {:.0f}, {:.0f} to {:.0f}, {:.0f}".format(*item.box)
        score = "" if item.score is None else f" ({item.score:.2f})"
        yield f"    Evidence: {item.kind}: {' / '.join(item.text.splitlines())}{score}{place}"
    if len(reply.evidence) > 3:
        yield f"              and {len(reply.evidence) - 3} more on the page"


def main(arguments: list[str] | None = None) -> int:
    """Ask everything, print it, write the page; return the exit code."""
    parser = argparse.ArgumentParser(description="Ask real pictures questions, offline, and check the answers.")
    parser.add_argument("--model", default="offline", help="the model that answers; see: sensorium models")
    parser.add_argument("--to", type=Path, default=Path("demo"), help="the folder for the page")
    options = parser.parse_args(arguments)
    total = sum(len(questions) for _, questions in QUESTIONS)
    print(f"Asking {options.model} {total} questions about {len(QUESTIONS)} pictures.", flush=True)
    model = load(options.model)
    shown: list[tuple[Picture, bytes, tuple[Answer, ...]]] = []
    done: list[Answer] = []
    for picture, questions in QUESTIONS:
        print(f"\n{picture.name}: {picture.alt}", flush=True)
        data = encoded(picture)
        for answer in answers(model, data, questions):
            done.append(answer)
            print(f"  {len(done)} of {total}", *lines(answer), sep="\n", flush=True)
        shown.append((picture, data, tuple(done[-len(questions) :])))
    right = sum(answer.right for answer in done)
    declined = sum(answer.right and answer.reply.abstained for answer in done)
    seconds = sum(answer.seconds for answer in done)
    summary = f"{right} of {total} right, {declined} of them by declining; {seconds:.1f} s for all answers."
    page = write(options.to, options.model, summary, shown)
    print(f"\n{summary}\nThe same with pictures: {page.resolve()}\n")
    for line in search_lines(options.to):
        print(line, flush=True)
    return 0 if right == total else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SensoriumError as error:
        sys.exit(f"{error.message} {error.hint}")
