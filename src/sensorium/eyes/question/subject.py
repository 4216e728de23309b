"""What a question is about: the field, the thing, the part of the picture that it names."""

from __future__ import annotations

import re

_FIELDS: tuple[tuple[str, str], ...] = (
    ("subtotal", r"sub ?-?totals?|before (?:tax|vat)|excluding (?:tax|vat)"),
    ("expiry date", r"expir\w*|expier\w*|best[ -]before|use[ -]by|sell[ -]by|good (?:until|till|for)"
     r"|out of date|in date"
     r"|valid (?:until|till|to)|\bexp\b|till when is|until when|goes? off"),
    ("due date", r"due (?:date|by)|payment due|pay(?:ment)? (?:by when|deadline)|last date|deadline"
     r"|when is (?:it|payment) due"
     r"|^by when"),
    ("date of birth", r"date of birth|birth ?da(?:te|y)|\bdob\b"),
    ("invoice number", r"inv(?:oice|oyce)?\.? ?(?:no|number|num|id)\b\.?|number of the (?:bill|invoice)"
     r"|bill (?:no|number)\b"),
    ("order number", r"order (?:no|number|id)\b"),
    ("account number", r"(?:account|acct|a/c|customer) (?:no|number|num)\b"),
    ("serial number", r"serial (?:no|number)\b"),
    ("model number", r"model (?:no|number)\b"),
    ("tracking number", r"(?:tracking|consignment) (?:no|number|code)\b"),
    ("batch number", r"(?:batch|lot) ?(?:no|number|code)\b"),
    ("reference number", r"\bref(?:erence)?(?: no| number)?\b"),
    ("booking number", r"(?:booking|reservation) (?:no|number|code|reference)\b"),
    ("seat number", r"(?:seat|berth)(?: no| number)?\b"),
    ("room number", r"room (?:no|number)\b"),
    ("flight number", r"flight (?:no|number)\b"),
    ("bus number", r"bus (?:no|number)\b"),
    ("page number", r"page (?:no|number)\b"),
    ("licence plate", r"licen[cs]e plate|number ?plate|registration plate|reg plate"),
    ("passport number", r"passport (?:no|number)\b|number of (?:the |my )?passport"),
    ("id number", r"\bid (?:no|number|card number)\b|licen[cs]e (?:no|number)\b|number of my driving"),
    ("part number", r"part (?:no|number)\b"), ("purchase order number", r"\bpo (?:no|number)\b|purchase order"),
    ("pnr number", r"\bpnr\b"), ("ip address", r"\bip address"), ("mac address", r"\bmac address"),
    ("error code", r"(?:error|fault) code"), ("job title", r"job title|position on"),
    ("reading", r"\breading\b|meter (?:stand|say|show)|blood pressure|glucose|gas meter|\bscale\b"),
    ("iban", r"\biban\b"),
    ("wifi password", r"wi-?fi (?:password|code|key)|password"),
    ("phone number", r"(?:tele)?phone|\bfone\b|\btel\b|mobile|contact (?:no|number)|\bring\b"
     r"|number (?:i have )?to (?:call|ring)"
     r"|\bcall (?:them|him|her|you|us)\b"),
    ("email", r"e-?mail|mail id|mail address"),
    ("website", r"web ?(?:site|address|page)?\b|\burl\b|homepage|\bsite\b"),
    ("postcode", r"post ?code|zip ?code|pin ?code"),
    ("address", r"add?ress|deliver this"),
    ("change", r"change (?:given|due|back)|\b(?:my|how much|the|get|got|did i get in) change\b"),
    ("tax", r"\b(?:sales )?tax\b|\bvat\b|\bgst\b"),
    ("tip", r"\btip\b|gratuity"),
    ("discount", r"discount|per ?cent off|% off"),
    ("amount due", r"(?:amount|balance) due|outstanding|\bowe\b|asking for|want me to pay|\b(?:amount|net) payable"),
    ("balance", r"balance"),
    ("total", r"tot(?:al|le|el)s?|altogether|all together|come to|comes to|came to|in the end|final amount|grand total"
     r"|(?:did i|did we|we|i) (?:spend|spent|pay|paid)|i must (?:to )?pay|set us back|how much i pay"
      r"|(?:bill|cheque) amount|the bill$"
     r"|was the bill|amount on the"),
    ("calories", r"calorie\w*|kcal|energy"),
    ("sugar", r"sugar"), ("fat", r"\bfat\b"), ("salt", r"\bsalt\b"), ("protein", r"protein"),
    ("alcohol", r"alcohol"),
    ("ingredients", r"ingredient\w*"), ("allergens", r"allergen\w*"),
    ("dosage", r"dosage|\bdose\b|(?:tablets|times|pills) a day|how much should i take|milligrams|strength"),
    ("opening hours", r"opening (?:hours|times)|open(?:s|ing)?\b|clos(?:e|es|ing)\b|shut\b|business hours"),
    ("mrp", r"\bmrp\b"),
    ("price", r"pri[cs]e\w*|\bcosts?\b|how much (?:is|are|does|do|they|for|tickets)|\brate\b"
     r"|charging for|admission|entry fee|fare"),
    ("weight", r"(?:net )?weight|weigh|how (?:heavy|many grams)|grams"),
    ("size", r"\bsize\b"), ("temperature", r"temperature|degrees|thermo\w+"),
    ("brand", r"brand|\bmake is\b"), ("flavour", r"flavou?r"),
    ("country of origin", r"country of origin|made in|where was it made|where (?:does it|is it) (?:come )?from"),
    ("platform", r"platform"), ("gate", r"\bgate\b"),
    ("title", r"\btitle\b|heading|headline|called"), ("author", r"author|who wrote"),
    ("vendor", r"vendor|supplier|merchant|which shop|store name"),
    ("sender", r"sender|who (?:is|sent|'s) (?:this |it |the )?(?:letter|parcel|from)|who'?s the letter from"),
    ("name", r"\bnames?\b|naem"),
    ("time", r"what time|at what (?:hour|time)|\btime\b"),
    ("date", r"\bda(?:te|yt|it)\b|what day|which day|when (?:is|was)"),
)  # fmt: skip
_FIELD_PATTERNS = tuple((name, re.compile(pattern)) for name, pattern in _FIELDS)

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
_SHADES = re.compile(
    r"\s+(?:really |more |rather |mostly |actually )*(?:red|blue|green|yellow|black|white|brown|gr[ea]y"
    r"|pink|purple|orange"
    r"|beige|navy|maroon|turquoise|cream|silver|gold|violet|dark|light)\b.*$"
)
_VAGUE = {
    "",
    "what",
    "which",
    "colour",
    "color",
    "colours",
    "colors",
    "shade",
    "main",
    "tell",
    "tell me",
    "anything",
    "mostly",
    "what colour",
    "what color",
    "what colours",
    "what colors",
    "which colour",
    "which color",
    "it",
    "this",
    "that",
    "these",
    "those",
    "thing",
    "one",
    "there",
    "them",
    "the",
    "me",
    "is it",
    "object",
    "item",
}
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


def subject(kind: str, text: str) -> str | None:
    """Return what a question of that kind is about in normal form: "expiry date", "dog", "background"; or None.

    Fields have set names ("total", "phone number" …) or keep the words said; things are singular; a question for
    the colours of all that is seen has the subject "whole picture".
    """
    said = re.sub(r"\s+", " ", text.lower().replace("’", "'")).strip()
    if kind == "field":
        return _field(said)
    if kind == "presence":
        return _thing(said, _PRESENCE)
    if kind == "count":
        return _thing(said, _COUNT)
    if kind == "colour":
        return _coloured(said)
    return None


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


def _field(said: str) -> str | None:
    for name, pattern in _FIELD_PATTERNS:
        if pattern.search(said):
            return name
    match = re.search(
        r"(?:what|which|whats|what's|tell me|find|get|give me|extract|need)\s(?:is|are|was)?\s*(.+)", said
    )
    bare = _bare(match[1] if match else said)
    return bare or None


def _coloured(said: str) -> str:
    if re.search(r"\b(?:background|backdrop|backround)\b|behind the", said):
        return "background"
    thing = _thing(said, _COLOUR)
    if thing is None or _WHOLE.search(thing):
        if re.search(r"\b(?:thing|object|item)\b", said):
            return "it"
        plural = re.search(rf"colou?rs\b|main {_SHADE}|dominant|mostly|palette|\bhere\b", said)
        return "whole picture" if _WHOLE.search(said) or plural else "it"
    return thing


def _thing(said: str, patterns: tuple[str, ...]) -> str | None:
    for pattern in patterns:
        match = re.search(pattern, said)
        bare = _bare(match[1]) if match else ""
        if bare not in _VAGUE:
            return singular(bare)
    bare = _bare(said)
    return singular(bare) if bare not in _VAGUE and len(bare.split()) <= 3 else None


def _bare(phrase: str) -> str:
    """Strip articles in front, and whatever follows the noun phrase."""
    phrase = re.sub(rf"^{_ARTICLE}", "", phrase.strip())
    phrase = _STOP.sub("", _SHADES.sub("", f" {phrase}"))
    phrase = re.sub(rf"^{_ARTICLE}", "", phrase.strip(" '\"?.!,").removesuffix("'s"))
    return re.sub(
        r"^(?:kind of|sort of|pair of|photo of|picture of|um|uh|main|dominant|please tell|pls tell|separate|little)\s+",
        "",
        phrase,
    ).strip()
