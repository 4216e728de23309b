"""Variants of phrasings, as other speakers have them: typing errors, mishearing, other nouns, a story in front."""

from __future__ import annotations

import random
import re

SWAPS: dict[str, str] = {
    "thing": (
        "dog cat cup mug plate bowl spoon fork knife kettle chair table sofa lamp clock bottle"
        " glass jar box bag backpack"
        " wallet purse phone laptop keyboard mouse remote book pen pencil notebook ruler hammer screwdriver screw nail"
        " drill ladder bicycle bike car bus truck van train boat plane horse cow sheep bird duck"
        " fish rabbit spider snake"
        " butterfly elephant lion bear tree flower rose leaf ball doll guitar piano drum umbrella"
        " hat glove candle mirror"
        " basket bucket bench suitcase toothbrush towel pillow blanket vase camera watch ring coin button pill tablet"
        " stamp key egg apple banana orange lemon tomato potato carrot onion mushroom pizza bread cake cookie biscuit"
        " sandwich cheese pear grape strawberry peach pumpkin shirt dress sock shoe jacket coat"
        " sweater jumper tie scarf"
        " skirt hoodie helmet wire cable battery bulb plug screwdriver needle thread ribbon bead brush comb wheel tyre"
    ),
    "colour": "red blue green yellow black white brown grey gray pink purple orange beige navy maroon turquoise cream",
    "month": "january february march april june july august september october november december",
    "day": "monday tuesday wednesday thursday friday saturday sunday",
    "country": (
        "germany france spain italy poland sweden norway portugal brazil mexico chile peru china"
        " japan india kenya egypt"
        " nigeria canada australia greece turkey vietnam"
    ),
    "city": "lagos cairo delhi mumbai leeds bristol lyon madrid paris london berlin tokyo boston oslo rome chennai",
    "person": "anna ben tom emma ravi sita maria john lucy peter omar jane carlos mei",
    "ware": "tea coffee milk rice wheat corn coal oil gas iron copper steel cotton sugar beer wine fruit juice",
    "sport": "football tennis cricket hockey basketball swimming rugby running cycling",
    "subject": "maths history physics biology chemistry english art music geography",
    "paper": (
        "letter leaflet notice note poster sign menu receipt bill invoice ticket form card envelope page label packet"
    ),
}
FIELDS = (
    "total", "price", "date", "name", "address", "phone number", "email", "website", "expiry date", "invoice number",
    "serial number", "model number", "account number", "order number", "reference number", "batch number", "postcode",
    "author", "publisher", "title", "subject", "sender", "recipient", "due date", "weight", "size", "temperature",
    "brand", "flavour", "ingredients", "dosage", "opening hours", "platform", "gate", "seat number", "flight number",
    "bus number", "room number", "licence plate", "password", "error code", "version", "balance", "tax", "tip",
    "subtotal", "discount", "country of origin", "capacity", "voltage", "destination", "salary", "signature date",
    "membership number", "blood group", "policy number", "car registration", "warranty period", "net weight",
    "service charge", "delivery date", "departure time", "arrival time", "date of issue", "best before date",
)  # fmt: skip
MISHEARD: dict[str, str] = {
    "there": "their", "their": "there", "read": "reed", "colour": "color", "color": "coler", "receipt": "reciept",
    "total": "totle", "does": "dose", "what": "wat", "whats": "wats", "picture": "pitcher", "photo": "foto",
    "expiry": "expirey", "expire": "expier", "address": "adress", "blurry": "blury", "how": "hou", "many": "meny",
    "which": "wich", "is": "iz", "see": "sea", "write": "rite", "right": "write", "who": "hoo", "where": "wear",
    "please": "plz", "you": "u", "are": "r", "to": "too", "the": "teh", "average": "avrage", "describe": "discribe",
    "highest": "hiest", "biggest": "bigest", "difference": "diffrence", "barcode": "bar code", "scan": "skan",
    "number": "numbr", "say": "sey", "says": "sez", "this": "dis", "label": "lable", "whole": "hole", "chart": "chard",
    "graph": "graf", "safe": "save", "buy": "by", "should": "shud", "weather": "whether", "value": "valeu",
    "price": "prise", "sharp": "shap", "count": "cont", "name": "naem", "date": "dait", "tell": "tel", "sign": "sine",
}  # fmt: skip
BEFORE = (
    "please", "hi,", "hey", "excuse me,", "can you tell me", "could you tell me", "tell me", "um", "okay so", "sorry,",
    "i'd like to know", "i want to know", "do you know", "hello,", "quick question:", "so,", "well", "and",
)  # fmt: skip
AFTER = ("please", "thanks", "thank you", "pls", "if you can", "for me", "then", "please?", "right now", "do you think")
_CATEGORY = {word: kind for kind, words in SWAPS.items() for word in words.split()}


def swap(text: str, rng: random.Random) -> str:
    """Replace each noun, month, country … of the lists by another of its category, the same one throughout."""
    chosen: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        word = match[0].lower()
        single = word if word in _CATEGORY else word[:-1] if word.endswith("s") else ""
        if single not in _CATEGORY or rng.random() < 0.2:
            return match[0]
        new = chosen.setdefault(single, rng.choice(SWAPS[_CATEGORY[single]].split()))
        return new + ("s" if single != word else "")

    return re.sub(r"[A-Za-z]+", other, text)


def rename(text: str, field: str, rng: random.Random) -> str:
    """Replace the name of the field by another field's."""
    return re.sub(rf"\b{re.escape(field)}\b", rng.choice(FIELDS), text, count=1, flags=re.IGNORECASE)


def misspell(text: str, rng: random.Random) -> str:
    """Mishear or mistype one to three words."""
    words = text.split()
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(words))
        bare = words[at].lower().strip("?.,!")
        if bare in MISHEARD and rng.random() < 0.6:
            words[at] = MISHEARD[bare]
        elif len(bare) > 3:
            cut = rng.randrange(1, len(bare) - 1)
            words[at] = rng.choice(
                (
                    bare[:cut] + bare[cut + 1 :],
                    bare[:cut] + bare[cut] + bare[cut:],
                    bare[:cut] + bare[cut + 1] + bare[cut] + bare[cut + 2 :],
                )
            )
    return " ".join(words)


def plain(text: str, rng: random.Random) -> str:
    """Write it as a dictation does: lower case, no punctuation, now and then an 'um'."""
    words = re.sub(r"[?.,!:;]", "", text).lower().replace("'", rng.choice(("'", ""))).split()
    if words and rng.random() < 0.25:
        words.insert(rng.randrange(len(words)), rng.choice(("um", "uh", "like", "you know")))
    return " ".join(words)


def wrap(text: str, stories: list[str], rng: random.Random) -> str:
    """Put a story, a greeting or thanks around it."""
    lower = text[:1].lower() + text[1:] if text[1:2].islower() else text
    draw = rng.random()
    if draw < 0.45:
        return f"{rng.choice(stories).rstrip('.')}{rng.choice(('. ', ', ', ' and ', ' so ', '. '))}{lower}"
    if draw < 0.55:
        return f"{text} {rng.choice(stories)}"
    if draw < 0.8:
        return f"{rng.choice(BEFORE)} {lower}"
    return f"{text.rstrip('?.')} {rng.choice(AFTER)}"


def variants(text: str, stories: list[str], rng: random.Random, count: int = 4, field: str = "") -> list[str]:
    """Return up to `count` variants; never the text itself."""
    out: list[str] = []
    for i in range(count):
        new = swap(text, rng) if rng.random() < 0.7 else text
        if field and i % 2:
            new = rename(new, field, rng)
        if i % 4 == 1 or rng.random() < 0.2:
            new = wrap(new, stories, rng)
        if i % 4 == 2:
            new = misspell(new, rng)
        if i % 4 == 3 or rng.random() < 0.3:
            new = plain(new, rng)
        if new and new != text:
            out.append(new)
    return out
