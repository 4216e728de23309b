"""Words for things: which one is asked about, its colour, and classes of things that are answered otherwise."""

from __future__ import annotations

import re

from sensorium.eyes.question.question import Topic

_ARTICLE = (
    r"(?:(?:a|an|any|the|some|my|our|his|her|their|your|this|that|these|those|another|no|one|all|all the|of)\s+)*"
)
_STOP = re.compile(
    r"\s+(?:in|on|at|of|from|near|to|by|for|with|under|behind|beside|inside|next|here|there|visible|present|left|are|is|was|were"
    r"|do|does|did|have|has|had|i|you|we|they|it|that|which|or|and|please|pls|somewhere|anywhere|anything|now|already|still"
    r"|would|could|can|will|round|around|this|these|hanging|growing|lying|shown|remaining|drawn|stacked|am|if|be|me|not|r|he|she"
    r"|got|then|thanks|too|also|like|exactly|altogether|again|going|standing|sitting|wearing)\b.*$|[?.!,;:].*$"
)
_PRESENCE = (
    r"(?:is|are|was) (?:there|their|they're|they are)(?: also| still| maybe| somewhere| by any chance"
    r"| happen to be)* (.+)",
    r"would there (?:happen to )?be (.+)",
    r"(?:can|could|do|did|does|would) (?:you|u|it|the \w+)(?: please)? (?:see|sea|spot|find|notice|catch"
    r"|show|include|contain|have)"
    r" (.+)",
    r"(?:has|have|had|contains?|detect:?|includes?) (?:it |i |we |got )?(.+)",
    r"(?:check|see|tell me|know|make sure)(?: for me)? (?:if|whether|that)(?: there'?s| there is"
    r"| there are| it'?s)? (.+)",
    r"(?:there'?s|there is|there are|theres) (.+)",
    r"^(?:please )?(?:is|are|was) (?:this|that|it|these|those)(?: thing)? (.+)",
    r"^(?:are|is) (.+)",
    r"\b(?:see|spot|find|any) (.+)",
    r"^(.+?)\s+(?:in|on|is|exists?|there)\b",
)
_COUNT = (
    r"how (?:many|manny|meny|much)(?: more| nos\.?| separate| different)?(?: of)? (.+)",
    r"(?:number|count|nos) of (.+)",
    r"count (?:me |up |out |how many )?(.+)",
    r"^(?:the )?(.+?),? (?:how many|count)\b",
)
_SHADE = r"(?:colou?rs?|coler|colur|coluor|shade|collar)"
_COLOUR = (
    rf"what {_SHADE} (?:is|are|'s|was)(?: behind)? (.+)",
    rf"{_SHADE} of (.+)",
    rf"(?:what|which|wat|wot) {_SHADE}(?:'s| is| are| has| does| did| do)? (.+)",
    rf"(?:my|the|this|that|these|those|its|his|her) (.+?) {_SHADE}\b",
    rf"{_SHADE} (?:is|are|has|have|do|does|did) (.+)",
    r"^(?:is|are|was|were|would you call) ((?:the|this|that|these|those|my|his|her) .+)",
    rf"^(.+?) {_SHADE}\b",
    r"^(.+?),? (?:which|what|is it)\b",
)
_COLOURS = (
    "black", "white", "grey", "gray", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "beige",
    "navy", "violet", "maroon", "turquoise",
)  # fmt: skip
_ALIASES = {"gray": "grey", "navy": "blue", "violet": "purple", "maroon": "red", "turquoise": "blue"}
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
_IRREGULAR = {
    "people": "person", "men": "man", "women": "woman", "children": "child", "mice": "mouse", "knives": "knife",
    "leaves": "leaf", "loaves": "loaf", "wolves": "wolf", "shelves": "shelf", "feet": "foot", "teeth": "tooth",
    "geese": "goose", "dice": "dice", "sheep": "sheep", "fish": "fish", "glasses": "glass", "scissors": "scissors",
    "trousers": "trousers", "jeans": "jeans", "spectacles": "spectacles", "shorts": "shorts", "tomatoes": "tomato",
    "potatoes": "potato", "mangoes": "mango", "bus": "bus", "pants": "pants", "sunglasses": "sunglasses", "sox": "sock",
    "cookies": "cookie", "movies": "movie", "ties": "tie", "pies": "pie", "shoes": "shoe", "lens": "lens", "gas": "gas",
}  # fmt: skip


def find_thing(kind: str, text: str) -> str | None:
    """Return the thing that a text in lower case asks about, in the singular; None if none is named.

    A question for the colours of all that is seen has the subject "whole picture".
    """
    match kind:
        case "presence":
            return _thing(text, _PRESENCE)
        case "count":
            return _thing(text, _COUNT)
        case "colour":
            return _coloured(text)
    return None


def split_colour(thing: str) -> tuple[str | None, str]:
    """Split "light blue shirt" into the basic colour and the thing: "blue", "shirt"."""
    match = _ADJECTIVE.match(thing)
    return (_basic(match[1]), thing[match.end() :]) if match else (None, thing)


def find_colour(text: str) -> str | None:
    """Return the one colour that a yes-no question asks for: "is it blue"."""
    named = {word for word in re.findall(r"[a-z]+", text) if word in _COLOURS}
    return _basic(named.pop()) if len(named) == 1 and _WHETHER.search(text) else None


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


def _basic(colour: str) -> str:
    return _ALIASES.get(colour, colour)


def singular(noun: str) -> str:
    """Return an English noun's singular; its last word decides."""
    *before, word = noun.split(" ")
    if word in _IRREGULAR:
        word = _IRREGULAR[word]
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
    thing = _thing(text, _COLOUR)
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
