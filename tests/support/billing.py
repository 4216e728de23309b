"""A server of OpenAI's and of Gemini's interface that bills what it answers, and fails where the question says so."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from typing import Any

from loopback import Answer, Asked, Loopback, events

FAILURES = {
    "TIMEOUT": "timeout", "EMPTY": "empty", "REFUSE": "refused", "BADJSON": "bad JSON", "TOOMANY": "rate limit",
    "CUTOFF": "cut off",
}  # fmt: skip


@dataclass(frozen=True)
class Bill:
    """What one request was billed: tokens, and its Idempotency-Key."""

    number: int
    question: str
    input: int
    cached: int
    output: int
    thinking: int
    key: str


class Billing(Loopback):
    """Answers "red"; the tokens of each request follow from its number; `seconds` before the first word."""

    seconds = 0.0
    between = 0.0

    def __init__(self, answers: Any) -> None:
        super().__init__(answers)
        self.bills: list[Bill] = []
        self.lock = threading.Lock()

    def answer(self, asked: Asked) -> Answer:
        with self.lock:
            self.asked.append(asked)
        gemini = "generateContent" in asked.path or "GenerateContent" in asked.path
        texts = [text for text in re.findall(r'"(?:text|content)": ?"([^"]*)"', json.dumps(asked.body)) if text]
        question = texts[-1]
        told = next((word for word in FAILURES if word in json.dumps(asked.body)), "")
        if told == "TOOMANY":
            return Answer({"error": {"message": "slow down"}}, 429, {"Retry-After": "0"})
        with self.lock:
            number = len(self.bills)
            tokens = 300_000 if "LONG" in question else 1000 + 17 * number
            bill = Bill(
                number, question, tokens, 100 * (number % 3), 40 + number, 30, asked.headers.get("idempotency-key", "")
            )
            self.bills.append(bill)
        text = {"EMPTY": "", "BADJSON": "not JSON", "CUTOFF": "blu", "REFUSE": ""}.get(told, "red")
        wait = 30.0 if told == "TIMEOUT" else self.seconds
        reason = {"CUTOFF": "length", "REFUSE": "content_filter"}.get(told, "stop")
        body = _gemini(text, reason, bill) if gemini else _openai(text, reason, bill)
        return Answer(body, before_seconds=wait, between_seconds=self.between)


def _openai(text: str, reason: str, bill: Bill) -> list[str]:
    usage = {
        "prompt_tokens": bill.input, "completion_tokens": bill.output, "total_tokens": bill.input + bill.output,
        "prompt_tokens_details": {"cached_tokens": bill.cached},
        "completion_tokens_details": {"reasoning_tokens": bill.thinking},
    }  # fmt: skip
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    first = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
    last = {"index": 0, "delta": {}, "finish_reason": reason}
    return events(*[chunk | {"choices": [choice]} for choice in (first, last)], chunk | {"choices": [], "usage": usage})


def _gemini(text: str, reason: str, bill: Bill) -> list[str]:
    ends = {"length": "MAX_TOKENS", "content_filter": "SAFETY", "stop": "STOP"}
    usage = {
        "promptTokenCount": bill.input, "candidatesTokenCount": bill.output - bill.thinking,
        "thoughtsTokenCount": bill.thinking, "cachedContentTokenCount": bill.cached,
        "totalTokenCount": bill.input + bill.output,
    }  # fmt: skip
    content = {"role": "model", "parts": [{"text": text}]}
    return events(
        {"candidates": [{"index": 0, "content": content, "finishReason": ends[reason]}], "usageMetadata": usage}, end=""
    )
