"""Words for the fields of a document: "total", "expiry date", the article whose price is asked for."""

from __future__ import annotations

import re

from sensorium.eyes.question.thing_terms import noun_phrase

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
_UNNAMED = re.compile(r"(?:what|which|whats|what's|tell me|find|get|give me|extract|need)\s(?:is|are|was)?\s*(.+)")
_ITEM = re.compile(
    r"(?:how much (?:is|are|was|were|does|do|did|for)|(?:price|cost|rate) (?:of|for)|what (?:does|do|did)(?= .* cost))"
    r"\s+(?!(?:i|we|you|they|it|he|she)\b)"
    r"(?:the |a |an |one |this |these |my )*(.+?)(?: costs?| come to| on (?:the|this) .+| in (?:the|this) .+)?[?.!\s]*$"
)
_VAGUE_ITEM = re.compile(r"(?:it|this|that|they|these|those|thing|item|all|everything|ticket)s?")


def find_field(text: str) -> str | None:
    """Return the field that a text in lower case asks for: one of the set names, or the words of the text."""
    for name, pattern in _FIELD_PATTERNS:
        if pattern.search(text):
            return name
    match = _UNNAMED.search(text)
    return noun_phrase(match[1] if match else text) or None


def find_item(text: str) -> str | None:
    """Return the article whose price a text in lower case asks for: "bread"."""
    match = _ITEM.search(text)
    return match[1] if match and not _VAGUE_ITEM.fullmatch(match[1]) else None
