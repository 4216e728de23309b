"""Odd replies of real servers, through the real SDKs: the right answer, or an error that names the reason."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
import requests
from coloured import pool, questions
from loopback import Answer, serving
from pictures import plain
from served import serve

from sensorium import Audio, Conversation, Image, Limits, Options, ask, stream
from sensorium.apps.assist.app import create_app
from sensorium.ask import asking
from sensorium.backends.fake import Fake
from sensorium.backends.gemini import Gemini
from sensorium.backends.openai import OpenAI, to_payload
from sensorium.core.catalog import entries, usd
from sensorium.core.errors import InputError, LimitError, SensoriumError, ServiceError
from sensorium.core.reply import Reply, Usage
from sensorium.evaluation import model_condition, run
from sensorium.fewshot import Plan
from sensorium.fewshot import run as run_few_shot
from sensorium.media.audio import RATE, wav
from sensorium.tasks.task import Example, Task
from sensorium.voice.speech import speak

HELLO = Conversation.of("What is the total?")
ONCE = Options(retries=0, timeout_seconds=20)
END = "data: [DONE]\n\n"


@pytest.fixture(autouse=True)
def own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "VLLM_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GEMINI_API_KEY", "g-test-0123456789")
    monkeypatch.setattr("sensorium.hosted.keys._from_keyring", lambda variable: "")
    monkeypatch.setattr(asking, "_thought_aloud", set())
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


def event(delta: dict[str, Any] | None = None, end: str | None = None, **fields: Any) -> str:
    """Write a chunk of OpenAI's interface as a server-sent event; `fields` replace its own."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": end}
    return f"data: {json.dumps({'id': 'c', 'object': 'chat.completion.chunk', 'choices': [choice]} | fields)}\n\n"


def says(text: str, width: int = 10_000, end: str = "stop") -> list[str]:
    """Write an answer in pieces of so many characters."""
    return [*(event({"content": text[at : at + width]}) for at in range(0, len(text), width)), event(end=end), END]


def message(content: Any = None, end: str | None = "stop", **more: Any) -> list[dict[str, Any]]:
    return [{"index": 0, "message": {"role": "assistant", "content": content} | more, "finish_reason": end}]


def asked(body: Any, options: Options = ONCE, path: str = "/v1", name: str = "m", **answer: Any) -> Reply:
    with serving([Answer(body, **answer)]) as server:
        return ask(OpenAI(name, f"{server.url}{path}"), HELLO, options)


def google(*parts: dict[str, Any], end: str = "STOP") -> list[str]:
    first = {"content": {"role": "model", "parts": list(parts)}, "finishReason": end, "index": 0}
    used = {"promptTokenCount": 10, "candidatesTokenCount": 3, "totalTokenCount": 13}
    return [f"data: {json.dumps({'candidates': [first], 'usageMetadata': used})}\r\n\r\n"]


def asked_google(body: Any, options: Options = ONCE) -> Reply:
    with serving([Answer(body)]) as server:
        return ask(Gemini("gemini-3.5-flash", server.url), HELLO, options)


# 8. An answer without words is no answer

CALL = {"tool_calls": [{"index": 0, "id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}
WORDLESS: dict[str, tuple[list[str], str]] = {
    "an empty stop": (says(""), r"gave no words \(stop\)"),
    "an empty text": ([event({"content": ""}), event(end="stop"), END], r"gave no words \(stop\)"),
    "white space": (says(" \n\u200b\ufeff "), r"gave no words \(stop\)"),
    "null content": ([event({"role": "assistant", "content": None}), event(end="stop"), END], r"no words \(stop\)"),
    "reasoning_content only": (
        [event({"reasoning_content": "A receipt …"}), event(end="stop"), END], r"gave thoughts, but no answer \(stop\)"
    ),
    "reasoning only": ([event({"reasoning": "Hm."}), event(end="stop"), END], r"thoughts, but no answer \(stop\)"),
    "<think> only": (says("<think>It may be 14.</think>"), r"gave thoughts, but no answer \(stop\)"),
    "<think> that never ends": (says("<think>It may be 14."), r"gave thoughts, but no answer \(stop\)"),
    "tool calls only": ([event(CALL), event(end="tool_calls"), END], r"gave no words \(tool_calls\)"),
    "tool calls, and stop": ([event(CALL), event(end="stop"), END], r"gave no words \(tool_calls\)"),
    "function_call only": (
        [event({"function_call": {"name": "f"}}), event(end="function_call"), END], r"gave no words \(function_call\)"
    ),
    "[DONE] at once": ([END], r"gave no words \(\[DONE\]\)"),
    "broken off by OpenRouter": ([event({"content": "The to"}), event(end="error"), END], r"ended early \(error\)"),
    "broken off by vLLM": ([event({"content": "The to"}), event(end="abort"), END], r"ended early \(abort\)"),
}  # fmt: skip
GOOGLE_WORDLESS: dict[str, tuple[list[str], str]] = {
    "an empty stop": (google(), r"gave no words \(STOP\)"),
    "OTHER": (google(end="OTHER"), r"ended early \(OTHER\)"),
    "OTHER after half": (google({"text": "The total is 1"}, end="OTHER"), r"ended early \(OTHER\)"),
    "MALFORMED_FUNCTION_CALL": (google(end="MALFORMED_FUNCTION_CALL"), r"ended early \(MALFORMED_FUNCTION_CALL\)"),
    "IMAGE_SAFETY": (google(end="IMAGE_SAFETY"), r"ended early \(IMAGE_SAFETY\)"),
    "UNEXPECTED_TOOL_CALL": (google(end="UNEXPECTED_TOOL_CALL"), r"ended early \(UNEXPECTED_TOOL_CALL\)"),
    "thoughts only": (google({"text": "Hm.", "thought": True}), r"gave thoughts, but no answer \(STOP\)"),
    "a function call": (google({"functionCall": {"name": "f", "args": {}}}), r"gave no words \(function_call\)"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "problem"), WORDLESS.values(), ids=WORDLESS)
def test_an_answer_without_words_is_an_error(body: list[str], problem: str) -> None:
    with pytest.raises(ServiceError, match=problem) as caught:
        asked(body)
    assert caught.value.retryable and caught.value.hint


@pytest.mark.parametrize(("body", "problem"), GOOGLE_WORDLESS.values(), ids=GOOGLE_WORDLESS)
def test_an_answer_of_gemini_without_words_is_an_error(body: list[str], problem: str) -> None:
    with pytest.raises(ServiceError, match=problem) as caught:
        asked_google(body)
    assert caught.value.retryable and caught.value.hint


@pytest.mark.parametrize("name", ["an empty stop", "reasoning_content only", "white space"])
def test_a_stream_without_words_is_the_same_error(name: str) -> None:
    body, problem = WORDLESS[name]
    with serving([Answer(body)]) as server, pytest.raises(ServiceError, match=problem):
        list(stream(OpenAI("m", f"{server.url}/v1"), HELLO, ONCE))


@pytest.mark.parametrize("name", ["an empty stop", "tool calls only", "<think> only"])
def test_it_is_asked_again(name: str) -> None:
    with serving([Answer(WORDLESS[name][0]), Answer(says("14.25"))]) as server:
        assert ask(OpenAI("m", f"{server.url}/v1"), HELLO).text == "14.25"
    assert len(server.asked) == 2


RUNS: dict[str, tuple[Answer, str]] = {
    # the answer to each of eight questions -> the failure that each is counted as, or the error that stops the run
    "an empty stop": (Answer(says("")), "empty"),
    "thoughts only": (Answer(WORDLESS["<think> only"][0]), "empty"),
    "tool calls only": (Answer(WORDLESS["tool calls only"][0]), "empty"),
    "all tokens for thinking": (Answer(says("<think>It may be", end="length")), "empty"),
    "filtered": (Answer(says("", end="content_filter")), "refused"),
    "the engine gave up": (Answer([event(end="error"), END]), "ended early"),
    "broken off": (Answer([event({"content": "The to"})]), "ended early"),
    "status 500": (Answer({"error": {"message": "out of memory"}}, status=500), "failed"),
    "status 429": (Answer({"error": {"message": "slow down"}}, status=429), "too many requests"),
    "Gemini: an empty stop": (Answer(google()), "empty"),
    "Gemini: MALFORMED_FUNCTION_CALL": (Answer(google(end="MALFORMED_FUNCTION_CALL")), "empty"),
    "Gemini: OTHER after half": (Answer(google({"text": "The to"}, end="OTHER")), "ended early"),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_wordless_answer_fails_one_question_and_a_broken_service_stops_the_run(name: str) -> None:
    answer, expected = RUNS[name]
    task = Task("totals", tuple(Example(Conversation.of(f"What is total {n}?"), ("14",)) for n in range(8)))
    with serving([answer]) as server:
        is_google = name.startswith("Gemini")
        model = Gemini("gemini-3.5-flash", server.url) if is_google else OpenAI("m", f"{server.url}/v1")
        condition = model_condition("hosted", lambda: model, {}, options=ONCE)
        if expected in ("empty", "refused"):
            answers = run(task, [condition], ["exact"])
            assert answers.failures("hosted") == {expected: 8} and set(answers.scores("hosted", "exact")) == {0.0}
        else:
            with pytest.raises(ServiceError, match=expected):
                run(task, [condition])
        assert len(server.asked) == (8 if expected in ("empty", "refused") else 5)


def test_talk_turns_to_the_next_model() -> None:
    from sensorium.voice import VoiceTeam, talk

    with serving([Answer(says(""))]) as first, serving([Answer(says("It is 14.25."))]) as second:
        models = [OpenAI("one", f"{first.url}/v1"), OpenAI("two", f"{second.url}/v1")]
        result = talk(VoiceTeam(models, (), (), ()), "What is the total?", language="en")
    assert result.reply.text == "It is 14.25." and result.reply.model.startswith("openai:two@")
    assert any("gave no words (stop)" in failure for step in result.steps for failure in step.failed)


# 9. Thoughts are not the answer

THOUGHTS = {
    "<think>": ("<think>Is it 13? No.</think>\n\nIt is 14.", "It is 14.", "Is it 13? No."),
    "<Thinking>": ("<Thinking>Is it 13?</Thinking>It is 14.", "It is 14.", "Is it 13?"),
    "a lone </think>": ("Is it 13? No.\n</think>\n\nIt is 14.", "It is 14.", "Is it 13? No."),
    "an empty <think>": ("<think>\n\n</think>\n\nIt is 14.", "It is 14.", ""),
    "Kimi": ("◁think▷Is it 13?◁/think▷It is 14.", "It is 14.", "Is it 13?"),
    "Magistral": ("[THINK]Is it 13?[/THINK]It is 14.", "It is 14.", "Is it 13?"),
    "Command A": (
        "<|START_THINKING|>Is it 13?<|END_THINKING|><|START_RESPONSE|>It is 14.<|END_RESPONSE|>", "It is 14.",
        "Is it 13?",
    ),
    "gpt-oss": (
        "<|channel|>analysis<|message|>Is it 13?<|end|>"
        "<|start|>assistant<|channel|>final<|message|>It is 14.<|return|>", "It is 14.", "Is it 13?",
    ),
    "gpt-oss from its start": (
        "<|start|>assistant<|channel|>analysis<|message|>Is it 13?<|end|>"
        "<|start|>assistant<|channel|>final<|message|>It is 14.", "It is 14.", "Is it 13?",
    ),
    "GLM": ("<think>Is it 13?</think>It is <|begin_of_box|>14<|end_of_box|>.", "It is 14.", "Is it 13?"),
    "GLM's answer": ("<think>Is it 13?</think><answer>It is 14.</answer>", "It is 14.", "Is it 13?"),
    "a thought in the middle": ("It is <think>13?</think>14.", "It is 14.", "13?"),
    "a word for a mark": ("The sign says <think> and more.", "The sign says <think> and more.", ""),  # held
    "no marks": ("a < b, [x] and ◁ b", "a < b, [x] and ◁ b", ""),  # held
}  # fmt: skip


@pytest.mark.parametrize("width", [1, 7, 10_000])
@pytest.mark.parametrize(("text", "words", "thoughts"), THOUGHTS.values(), ids=THOUGHTS)
def test_thoughts_are_told_from_the_answer(text: str, words: str, thoughts: str, width: int) -> None:
    reply = asked(says(text, width))
    assert (reply.text.rstrip(), reply.thoughts) == (words, thoughts)


@pytest.mark.parametrize("width", [1, 7, 10_000])
@pytest.mark.parametrize(("text", "words", "thoughts"), THOUGHTS.values(), ids=THOUGHTS)
def test_thoughts_are_told_from_the_answer_while_it_comes(text: str, words: str, thoughts: str, width: int) -> None:
    with serving([Answer(says(text, width))]) as server:
        deltas = list(stream(OpenAI("Qwen3-VL-8B-Thinking", f"{server.url}/v1"), HELLO, ONCE))
    assert "".join(delta.text for delta in deltas).rstrip() == words
    assert "".join(delta.thoughts for delta in deltas).strip() == thoughts


def test_a_model_that_thinks_aloud_is_found_out() -> None:
    with serving([Answer(says("Is it 13? No.</think>It is 14.", 5))]) as server:
        model = OpenAI("m", f"{server.url}/v1")
        with pytest.raises(ServiceError, match="were its thoughts, not the answer"):
            list(stream(model, HELLO, ONCE))
        assert "".join(delta.text for delta in stream(model, HELLO, ONCE)) == "It is 14."


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_thoughts_in_a_field_of_their_own(field: str) -> None:
    reply = asked([event({field: "Is it 13?"}), event({field: " No."}), *says("It is 14.")])
    assert (reply.text, reply.thoughts) == ("It is 14.", "Is it 13? No.")
    assert reply.to_json()["thoughts"] == "Is it 13? No."


def test_thoughts_of_gemini() -> None:
    reply = asked_google(google({"text": "Is it 13?", "thought": True}, {"text": "It is 14."}))
    assert (reply.text, reply.thoughts) == ("It is 14.", "Is it 13?")


SCHEMA = {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}
JSONS = {
    "words before and after": 'Here it is: {"total": 14.25} I hope that helps.',
    "after thoughts": '<think>Perhaps {"total": 13}?</think>{"total": 14.25}',
    "after a lone </think>": 'Perhaps {"total": 13}?</think>\n{"total": 14.25}',
    "a trailing comma": '{"total": 14.25,}',
    "a fence among words": 'The JSON:\n```json\n{\n  "total": 14.25,\n}\n```\nDone {really}.',
    "a comma in a text": '{"total": 14.25, "shop": ",}",}',
    "a footnote": 'As printed [1]: {"total": 14.25}',
    "a smile": 'Gladly {smile}: {"total": 14.25}',
    "a box": '<|begin_of_box|>{"total": 14.25}<|end_of_box|>',
    "a byte order mark": '\ufeff{"total": 14.25}',
}


@pytest.mark.parametrize("text", JSONS.values(), ids=JSONS)
def test_json_is_found(text: str) -> None:
    reply = asked(says(text), Options(schema=SCHEMA, retries=0))
    assert reply.data["total"] == 14.25 and not reply.repaired


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('{"total": 13} or rather {"total": 14.25}', "2 different values that fit"),
        ('{"items": [{"total": 14.25}, {"total"', "isn't JSON"),
        ('{"first": {"total": 13}, oops}', "isn't JSON"),
    ],
    ids=["two answers", "cut off", "broken"],
)
def test_json_that_is_doubtful_is_asked_for_again(text: str, mistake: str) -> None:
    with serving([Answer(says(text)), Answer(says('{"total": 14.25}'))]) as server:
        reply = ask(OpenAI("m", f"{server.url}/v1"), HELLO, Options(schema=SCHEMA))
    assert reply.data == {"total": 14.25} and reply.repaired
    assert mistake in server.asked[1].body["messages"][-1]["content"]


SPOKEN = {
    "bold": ("**Total:** 14.25", "Total: 14.25"),
    "italics": ("It is *really* 14.", "It is really 14."),
    "a heading and a list": ("## Price\n- tea\n* milk", "Price\ntea\nmilk"),
    "entities": ("Salt &amp; Pepper &lt;3 &#8364;5", "Salt & Pepper <3 €5"),
    "tags": ("Total:<br>14 <b>euros</b>", "Total: 14  euros"),
    "a link and code": ("See [the shop](https://x.example) for `tea`.", "See the shop for tea."),
    "a product": ("2 * 3 * 4 is 24, 5*3*2 is 30, a_b_c", "2 * 3 * 4 is 24, 5*3*2 is 30, a_b_c"),  # held
}


@pytest.mark.parametrize(("text", "spoken"), SPOKEN.values(), ids=SPOKEN)
def test_markup_is_not_spoken(text: str, spoken: str) -> None:
    heard: list[str] = []

    class Voice:
        name, languages = "voice", ()

        def speak(self, text: str, language: str) -> Audio:
            heard.append(text)
            return wav(np.zeros(160, np.float32), RATE)

    speak([Voice()], text, "en")
    assert "".join(" ".join(heard).split()) == "".join(spoken.split())


# 10. Streams


def used(usage: Any) -> list[str]:
    return [event({"content": "It is 14."}), event(end="stop"), event(choices=[], usage=usage), END]


STREAMS: dict[str, list[str] | dict[str, Any] | str] = {
    "a list of parts": [
        event({"content": [{"type": "text", "text": "It is "}]}), event({"content": [{"type": "text", "text": "14."}]}),
        event(end="stop"), END,
    ],
    "parts of Mistral": [
        event({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]}), *says("It is 14.")
    ],
    "[DONE] without finish_reason": [event({"content": "It is 14."}), END],
    "no [DONE]": says("It is 14.")[:-1],  # held
    "`message` for `delta`": [event(choices=message("It is 14.")), END],
    "usage -1": used({"prompt_tokens": -1, "completion_tokens": -1}),
    "usage as text": used({"prompt_tokens": "10", "completion_tokens": "three"}),
    "usage a list": used([]),
    "usage a text": used("unknown"),
    "retry": ["retry: 3000\n\n", *says("It is 14.")],
    "ids": ["id: 1\n" + piece for piece in says("It is 14.")],
    "event names": ["event: message\n" + piece for piece in says("It is 14.")],
    "comments": [": keep-alive\n\n", *says("It is 14.")],  # held
    "empty records": ["\n\n", "data:\n\n", "data: \n\n", *says("It is 14.")],
    "a byte order mark": ["\ufeff" + says("It is 14.")[0], *says("It is 14.")[1:]],
    "CR LF": [piece.replace("\n", "\r\n") for piece in says("It is 14.")],  # held
    "CR": [piece.replace("\n", "\r") for piece in says("It is 14.")],
    "CR LF cut in two": [part for piece in says("It is 14.") for part in (piece[:-2] + "\r", "\n\r\n")],
    "no space after data:": [piece.replace("data: ", "data:") for piece in says("It is 14.")],  # held
    "no empty line at the end": [*says("It is 14.")[:-1], "data: [DONE]"],  # held
    "cut in the middle of a record": [half for piece in says("It is 14.") for half in (piece[:9], piece[9:])],  # held
    "JSON for a stream": {"choices": message("It is 14."), "usage": {"prompt_tokens": 10, "completion_tokens": 3}},
    "JSON with lines": json.dumps({"choices": message("It is 14.")}, indent=1),
    "JSON with parts": {"choices": message([{"type": "text", "text": "It is 14."}])},
    "JSON without finish_reason": {"choices": message("It is 14.", None)},
}  # fmt: skip


@pytest.mark.parametrize("body", STREAMS.values(), ids=STREAMS)
def test_an_odd_stream_is_read(body: Any) -> None:
    with serving([Answer(body)]) as server:
        reply = ask(OpenAI("m", f"{server.url}/v1"), HELLO)
    assert reply.text == "It is 14." and len(server.asked) == 1


@pytest.mark.parametrize(
    ("usage", "known"),
    [
        ({"prompt_tokens": 10, "completion_tokens": -1}, (10, None, None)),
        ({"prompt_tokens": "10", "completion_tokens": 3}, (None, 3, None)),
        ({"prompt_tokens": 10.5, "completion_tokens": True}, (None, None, None)),
        ({"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": []}, (10, 3, None)),
        (
            {"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 99}},
            (10, 3, None),
        ),
    ],
    ids=["-1", "text", "a fraction", "details a list", "more cached than sent"],
)
def test_odd_usage_is_unknown_usage(usage: Any, known: tuple[int | None, ...]) -> None:
    found = asked(used(usage)).usage
    assert (found.input_tokens, found.output_tokens, found.cached_tokens) == known


def test_odd_usage_of_gemini_is_unknown_usage() -> None:
    (body,) = google({"text": "It is 14."})
    reply = asked_google([body.replace('"promptTokenCount": 10', '"promptTokenCount": -1')])
    assert reply.text == "It is 14." and reply.usage.input_tokens is None and isinstance(reply.usage, Usage)


SUPPORT = {
    "llama.cpp": (500, "image input is not supported - hint: you may need to provide the mmproj"),
    "vLLM": (400, "llama is not a multimodal model"),
    "Ollama": (500, "this model does not support images"),
    "OpenRouter": (404, "No endpoints found that support image input"),
    "DeepSeek": (400, "Failed to deserialize: messages[0]: unknown variant `image_url`, expected `text`"),
    "Groq": (400, "'messages.0.content' : value must be a string; content must be a string"),
    "a model of words": (400, "Model m doesn't support vision."),
}


@pytest.mark.parametrize(("status", "words"), SUPPORT.values(), ids=SUPPORT)
def test_input_that_a_model_does_not_take_is_said_at_once(status: int, words: str) -> None:
    with serving([Answer({"error": {"message": words}}, status)]) as server:
        with pytest.raises(LimitError, match="does not take such input") as caught:
            ask(OpenAI("m", f"{server.url}/v1"), HELLO)
    assert words[:30] in caught.value.message and len(server.asked) == 1 and not caught.value.retryable


@pytest.mark.parametrize(
    ("status", "words"),
    [(400, "The image format is not supported."), (500, "The image could not be decoded."), (503, "images are queued")],
    ids=["a format", "a broken picture", "busy"],
)
def test_other_errors_about_pictures_are_not_taken_for_it(status: int, words: str) -> None:  # held
    with pytest.raises(ServiceError, match=words):
        asked({"error": {"message": words}}, status=status)


@pytest.mark.parametrize(
    ("body", "status"), [({"detail": "Not Found"}, 404), ("404 page not found", 404), ("<html>", 405), ("<html>", 200)]
)
def test_an_address_without_v1_says_so(body: Any, status: int) -> None:
    with serving([Answer(body, status)]) as server, pytest.raises(SensoriumError) as caught:
        ask(OpenAI("m", server.url), HELLO, ONCE)
    assert f"Try openai:m@{server.url}/v1" in caught.value.hint
    with pytest.raises(SensoriumError) as with_v1:
        asked(body, status=status)
    assert "/v1." not in with_v1.value.hint


def test_an_error_for_a_stream_keeps_its_status() -> None:
    with pytest.raises(InputError, match="no such model"):
        asked([f"event: error\ndata: {json.dumps({'code': 404, 'message': 'no such model'})}\n\n"])
    with pytest.raises(ServiceError, match="CUDA"):
        asked([event({"content": "It"}), 'error: {"code": 500, "message": "CUDA out of memory"}\n\n'])


# 11. What clients send to the own /v1/chat/completions

ASKED = [{"role": "user", "content": "?"}]
CALLED = {"id": "7", "type": "function", "function": {"name": "price", "arguments": '{"of": "tea"}'}}


@pytest.fixture(scope="module")
def own() -> Iterator[tuple[Fake, str]]:
    model = Fake("It is 14.", limits=Limits(parts=("text", "image")))
    with serve(create_app(model)) as address:
        yield model, f"{address}/v1/chat/completions"


ACCEPTED: dict[str, dict[str, Any]] = {
    "tools: []": {"tools": [], "tool_choice": "none"},
    "functions: []": {"functions": [], "function_call": None},
    "logit_bias: {}": {"logit_bias": {}},
    "top_p": {"top_p": 0.9, "temperature": 0.7},
    "defaults of a client": {
        "parallel_tool_calls": True, "top_logprobs": 0, "service_tier": "auto", "modalities": ["text"],
    },
    "null content beside tool calls": {
        "messages": [
            *ASKED, {"role": "assistant", "content": None, "tool_calls": [CALLED]},
            {"role": "tool", "tool_call_id": "7", "content": "3.50"},
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize("fields", ACCEPTED.values(), ids=ACCEPTED)
def test_what_clients_send_is_taken(own: tuple[Fake, str], fields: dict[str, Any]) -> None:
    response = requests.post(own[1], json={"model": "fake", "messages": ASKED} | fields, timeout=10)
    assert response.status_code == 200, response.text
    assert response.json()["choices"][0]["message"]["content"] == "It is 14."


def test_calls_of_tools_are_words(own: tuple[Fake, str]) -> None:
    requests.post(own[1], json={"model": "fake"} | ACCEPTED["null content beside tool calls"], timeout=10)
    chat = own[0].asked[-1]
    assert [m.text for m in chat.messages] == ["?", 'Called price({"of": "tea"})', "Result of the call 7:\n3.50"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a tool": ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "'tools'"),
    "a bias": ({"logit_bias": {"50256": -100}}, "'logit_bias'"),
    "top_p of 0": ({"top_p": 0}, "'top_p'"),
    "null content alone": ({"messages": [{"role": "user", "content": None}]}, "'messages.0.content'"),
}


@pytest.mark.parametrize(("fields", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_kept_to_is_refused(own: tuple[Fake, str], fields: dict[str, Any], problem: str) -> None:
    response = requests.post(own[1], json={"model": "fake", "messages": ASKED} | fields, timeout=10)
    assert response.status_code == 400 and problem in response.json()["error"]["message"]


PLAIN = base64.b64encode(plain()).decode()
BASE64 = {
    "line breaks": "\r\n".join(PLAIN[at : at + 76] for at in range(0, len(PLAIN), 76)) + "\n",
    "url-safe": PLAIN.translate(str.maketrans("+/", "-_")),
    "unpadded": PLAIN.rstrip("="),
    "percent-encoded": quote(PLAIN, safe=""),
}


@pytest.mark.parametrize("data", BASE64.values(), ids=BASE64)
def test_base64_is_read_however_it_is_written(own: tuple[Fake, str], data: str) -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
    messages = [{"role": "user", "content": [image, {"type": "text", "text": "?"}]}]
    response = requests.post(own[1], json={"model": "fake", "messages": messages}, timeout=10)
    assert response.status_code == 200, response.text
    assert own[0].asked[-1].messages[0].parts[0] == Image(plain())


def test_top_p_reaches_the_model() -> None:
    with serving([Answer(says("14"))]) as server:
        ask(OpenAI("m", f"{server.url}/v1"), HELLO, Options(temperature=0.7, top_p=0.9))
    assert server.asked[0].body["top_p"] == 0.9


# 12. Prices have their day and their tier


@pytest.mark.parametrize(
    ("model", "tokens", "day", "dollars"),
    [
        ("gemini:gemini-4-argon", 100_000, date(2026, 11, 30), 0.1 * 2 + 0.01 * 10),
        ("gemini:gemini-4-argon", 100_000, date(2026, 12, 1), 0.1 * 4 + 0.01 * 20),
        ("gemini:gemini-3.8-flash", 100_000, date(2026, 12, 31), 0.1 * 0.75 + 0.01 * 3.75),
        ("gemini:gemini-3.8-flash", 100_000, date(2027, 1, 1), 0.1 * 1.5 + 0.01 * 7.5),
        ("gemini:gemini-3.5-flash-lite", 100_000, date(2026, 11, 29), 0.1 * 0.3 + 0.01 * 2.5),
        ("openai:gpt-6-sol", 272_000, date(2026, 11, 29), 0.272 * 2 + 0.01 * 10),
        ("openai:gpt-6-sol", 272_001, date(2026, 11, 29), 0.272001 * 4 + 0.01 * 15),
        ("openai:gpt-6-astra", 300_000, date(2026, 11, 29), 0.3 * 20 + 0.01 * 75),
        ("openai:gpt-6-luna", 100_000, date(2026, 11, 29), 0.1 * 0.1 + 0.01 * 0.5),
        ("openai:gpt-5.6-luna", 100_000, date(2026, 11, 29), 0.1 * 0.2 + 0.01 * 1.2),
    ],
)
def test_a_price_is_that_of_the_day_and_of_the_length(model: str, tokens: int, day: date, dollars: float) -> None:
    assert usd(model, Usage(tokens, 10_000), day) == pytest.approx(dollars)


@pytest.mark.parametrize("model", ["gpt-6-luna", "gpt-6-sol", "gpt-5.6-luna"])
def test_a_model_that_thinks_takes_no_temperature(model: str) -> None:
    assert "temperature" not in to_payload(HELLO, Options(), model, official=True)


def test_readme_and_docs_name_models_of_the_catalogue() -> None:
    root = Path(__file__).parents[2]
    for page in ("README.md", "docs/backends.md", "docs/assistive.md"):
        named = re.findall(r"(?:openai:gpt|gemini:gemini)-[\w.-]+", (root / page).read_text(encoding="utf-8"))
        assert {name.rstrip(".") for name in named} <= set(entries()), page


def test_few_shot_counts_an_answer_without_words_as_a_failure() -> None:
    """Two of eight questions get empty answers, three times each: they are wrong answers, not fewer questions."""
    empty = [event({"content": ""}, end="stop"), END]
    word = questions()[2].answer
    with serving([*[Answer(empty)] * 6, Answer(says(word))]) as server:
        measured = run_few_shot(OpenAI("m", f"{server.url}/v1"), pool(), questions(), Plan((0,), "random", controls=()))
        row = measured.row(0)
        assert len(server.asked) == 6 + 6
    right = sum(example.answer == word for example in questions()[2:])
    assert right and (row.score.n, row.score.mean, sum(row.failures.values())) == (8, right / 8, 2)
    assert "2 of 8 failed and score 0" in measured.lines()[0]
