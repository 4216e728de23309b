"""Words for things: which one or which field of a document is asked about, its colour, what class of things it is."""

from __future__ import annotations

import re

from sensorium.eyes.question.question import Topic
from sensorium.eyes.question.terms import TERMS

_ARTICLE = (
    r"(?:(?:a|an|any|the|some|my|our|his|her|their|your|this|that|these|those|another|no|one|all|all the|of)\s+)*"
)
_STOP = re.compile(
    r"\s+(?:in|on|at|of|from|near|to|by|for|with|under|behind|beside|inside|next|here|there|visible|present|left|are|is|was|were"
    r"|do|does|did|have|has|had|i|you|we|they|it|that|which|or|and|please|pls|somewhere|anywhere|anything|now|already|still"
    r"|would|could|can|will|round|around|this|these|hanging|growing|lying|shown|remaining|drawn|stacked|am|if|be|me|not|r|he|she"
    r"|got|then|thanks|too|also|like|exactly|altogether|again|going|standing|sitting|wearing)\b.*$|[?.!,;:].*$"
)
_SHADE = r"(?:colou?rs?|coler|colur|coluor|shade|collar)"
_FORMS = {kind: tuple(form.replace("SHADE", _SHADE) for form in forms) for kind, forms in TERMS["things"].items()}
_COLOURS: dict[str, str] = TERMS["colours"]
_WHETHER = re.compile(r"^\W*(?:and |so |hey |please )?(?:is|are|was|were|isn't|would you say)\b")
_ADJECTIVE = re.compile(rf"^(?:(?:light|dark|bright|pale|deep) )?({'|'.join(_COLOURS)})(?: coloured| colored)? (?=\w)")
_SHADES = re.compile(
    rf"\s+(?:really |more |rather |mostly |actually )*(?:{'|'.join(_COLOURS)}|cream|silver|gold|dark|light)\b.*$"
)
_PEOPLE = re.compile(
    r"\b(?:person|people|man|men|woman|women|child|children|kid|boy|girl|baby|face|human|lady|guy|crowd|someone|"
    r"somebody|anyone|anybody|me|friend|mother|father|mum|mom|dad|son|daughter)s?\b"
)
_PRESENCE_TOPICS: tuple[tuple[Topic, re.Pattern[str]], ...] = (
    ("text", re.compile(
        r"^(?:any |some )?(?:text|writing|words?|letters?|print|lettering|inscription|something written|"
        r"anything written|writings?)\b")),
    ("code", re.compile(r"\b(?:bar ?codes?|qr(?: ?codes?)?)\b")),
    ("chart", re.compile(r"^(?:charts?|graphs?|bar charts?|diagrams?)$")),
    ("people", _PEOPLE),
)  # fmt: skip
_COUNT_TOPICS: tuple[tuple[Topic, re.Pattern[str]], ...] = (
    ("text", re.compile(r"^(?:text |lines? of )?(?:lines?|text|rows? of text)\b")),
    ("words", re.compile(r"^(?:word|letter)s?\b")),
    ("people", _PEOPLE),
)
_CODE = re.compile(r"\b(?:\w*codes?|qr|upc|ean|isbn|scan)\b")
_ORDINARY = frozenset(
    "what does the this that much many with from have price cost show tell there which where when your".split()
)
_VAGUE = frozenset(
    ("", "what", "which", "colour", "color", "colours", "colors", "shade", "main", "tell", "tell me", "anything",
     "mostly", "what colour", "what color", "what colours", "what colors", "which colour", "which color", "it", "this",
     "that", "these", "those", "thing", "one", "there", "them", "the", "me", "is it", "object", "item")
)  # fmt: skip
_WHOLE = re.compile(
    r"\b(?:picture|photo|image|pic|foto|palette|dominant|pattern|black and white|gr[ae]yscale|blak and wite)\b"
)
_FIELDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile("|".join(patterns))) for name, patterns in TERMS["fields"].items()
)
_UNNAMED = re.compile(r"(?:what|which|whats|what's|tell me|find|get|give me|extract|need)\s(?:is|are|was)?\s*(.+)")
_ITEM = re.compile(
    r"(?:how much (?:is|are|was|were|does|do|did|for)|(?:price|cost|rate) (?:of|for)|what (?:does|do|did)(?= .* cost))"
    r"\s+(?!(?:i|we|you|they|it|he|she)\b)"
    r"(?:the |a |an |one |this |these |my )*(.+?)(?: costs?| come to| on (?:the|this) .+| in (?:the|this) .+)?[?.!\s]*$"
)
_VAGUE_ITEM = re.compile(r"(?:it|this|that|they|these|those|thing|item|all|everything|ticket)s?")


def find_thing(kind: str, text: str) -> str | None:
    """Return the thing that a text in lower case asks about, in the singular; None if none is named.

    A question for the colours of all that is seen has the subject "whole picture".
    """
    if kind == "colour":
        return _coloured(text)
    return _thing(text, _FORMS[kind]) if kind in _FORMS else None


def split_colour(thing: str) -> tuple[str | None, str]:
    """Split "light blue shirt" into the basic colour and the thing: "blue", "shirt"."""
    match = _ADJECTIVE.match(thing)
    return (_COLOURS[match[1]], thing[match.end() :]) if match else (None, thing)


def find_colour(text: str) -> str | None:
    """Return the one colour that a yes-no question asks for: "is it blue"."""
    named = {word for word in re.findall(r"[a-z]+", text) if word in _COLOURS}
    return _COLOURS[named.pop()] if len(named) == 1 and _WHETHER.search(text) else None


def find_topic(kind: str, thing: str) -> Topic | None:
    """Return the class of things that is asked for or counted, if it is not told by its look."""
    if kind == "count":
        patterns = _COUNT_TOPICS
    elif kind == "presence":
        patterns = _PRESENCE_TOPICS
    else:
        return None
    return next((topic for topic, pattern in patterns if pattern.search(thing)), None)


def names_code(text: str) -> bool:
    """Whether a barcode or QR code may be meant: "scan", "the ISBN"."""
    return bool(_CODE.search(text))


def content_words(text: str) -> frozenset[str]:
    """Return the words of four letters or more, in lower case, without the ordinary ones."""
    return frozenset(re.findall(r"[^\W\d_]{4,}", text.casefold())) - _ORDINARY


def singular(noun: str) -> str:
    """Return an English noun's singular; its last word decides."""
    *before, word = noun.split(" ")
    if word in TERMS["singular"]:
        word = TERMS["singular"][word]
    elif re.search(r"(?:ss|us|is|'s)$", word) or len(word) < 4 or not word.endswith("s"):
        pass
    elif word.endswith("ies"):
        word = word[:-3] + "y"
    elif re.search(r"(?:ch|sh|x|ss|zz)es$", word):
        word = word[:-2]
    else:
        word = word[:-1]
    return " ".join([*before, word])


def _coloured(text: str) -> str:
    if re.search(r"\b(?:background|backdrop|backround)\b|behind the", text):
        return "background"
    thing = _thing(text, _FORMS["colour"])
    if thing is None or _WHOLE.search(thing):
        if re.search(r"\b(?:thing|object|item)\b", text):
            return "it"
        plural = re.search(rf"colou?rs\b|main {_SHADE}|dominant|mostly|palette|\bhere\b", text)
        return "whole picture" if _WHOLE.search(text) or plural else "it"
    return thing


def _thing(text: str, patterns: tuple[str, ...]) -> str | None:
    for pattern in patterns:
        match = re.search(pattern, text)
        phrase = noun_phrase(match[1]) if match else ""
        if phrase not in _VAGUE:
            return singular(phrase)
    phrase = noun_phrase(text)
    return singular(phrase) if phrase not in _VAGUE and len(phrase.split()) <= 3 else None


def noun_phrase(phrase: str) -> str:
    """Return a phrase without articles in front and without what follows the noun."""
    phrase = re.sub(rf"^{_ARTICLE}", "", phrase.strip())
    phrase = _STOP.sub("", _SHADES.sub("", f" {phrase}"))
    phrase = re.sub(rf"^{_ARTICLE}", "", phrase.strip(" '\"?.!,").removesuffix("'s"))
    return re.sub(
        r"^(?:kind of|sort of|pair of|photo of|picture of|um|uh|main|dominant|please tell|pls tell|separate|little)\s+",
        "",
        phrase,
    ).strip()


def find_field(text: str) -> str | None:
    """Return the field that a text in lower case asks for: one of the set names, or the words of the text."""
    for name, pattern in _FIELDS:
        if pattern.search(text):
            return name
    match = _UNNAMED.search(text)
    return noun_phrase(match[1] if match else text) or None


def find_item(text: str) -> str | None:
    """Return the article whose price a text in lower case asks for: "bread"."""
    match = _ITEM.search(text)
    return match[1] if match and not _VAGUE_ITEM.fullmatch(match[1]) else None
