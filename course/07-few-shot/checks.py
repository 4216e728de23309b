"""The checks of "Zero, one and a few examples"."""

from __future__ import annotations

from sensorium import Conversation, Image, Model, Options, ask

PLACES = ("top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom", "bottom right")
KINDS = ("copied", "told the task", "taught the thing")


def where(chat: Conversation, model: Model, asked: Image, example_picture: Image) -> str | None:
    """The example's answer is a place, so the model answers with a place. It was asked the same words as ever."""
    if not isinstance(chat, Conversation):
        return f"`chat` is a Conversation, not {type(chat).__name__}."
    if chat.messages[-1].role != "user":
        return "It ends with the example's answer. The last turn is the question about `asked`."
    roles = [message.role for message in chat.messages]
    if "assistant" not in roles:
        return (
            "It has no example yet: a user turn with `example_picture`, and one of the assistant with the answer."
            if len(roles) == 1 and not any(part == example_picture for part in chat.parts)
            else "The example's answer belongs into a turn of its own: .then('assistant', …)."
        )
    last = [part for part in chat.messages[-1].parts if isinstance(part, Image)]
    if last != [asked]:
        return "The last turn shows `asked`; the example before it shows `example_picture`."
    told = ask(model, chat, options=Options(max_tokens=8)).text
    if told not in PLACES:
        return f"After your example the model says {told!r}. It takes its kind of answer from the example's."
    return None


def controls(did: dict[str, str]) -> str | None:
    """B is as good as its vote. C doesn't need the pictures or right answers. A needs both: it learned from them."""
    if not isinstance(did, dict) or set(did) != {"A", "B", "C"}:
        return "Give a dict with the letters A, B and C."
    if unknown := [each for each in did.values() if each not in KINDS]:
        return f"{unknown[0]!r} isn't one of: {', '.join(KINDS)}."
    if did["B"] != "copied":
        return "B with examples gets 0.55, and their majority vote without any model 0.54."
    if did["A"] != "taught the thing":
        return (
            "A falls to the vote without the examples' pictures, and with shuffled answers: what did it need them for?"
        )
    if did["C"] != "told the task":
        return (
            "C is as good with the examples' pictures taken away or their answers shuffled. It can't have learned them."
        )
    return None
