"""The phrases of questions about films: leads, verbs of perceiving, and where in the film."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Sense = Literal["seen", "read", "heard", "moves"]
Relation = Literal["", "at", "before", "after", "between", "while"]

_BE = r"(?:is|are|was|were|be|been|being|gets?|has been|have been)"
_FILM = r"(?:films?|videos?|clips?|movies?|footage|recordings?)"
_IN_FILM = rf"(?:(?:in|of|into|through|throughout|during|from|within) )?(?:the|this|that|a)(?: whole| entire)? {_FILM}"
_ROLE = (
    "narrator|speaker|voice|man|woman|presenter|host|reader|person|audio|commentator|speech|narration|teacher|lecturer|"
    "voice-?over|soundtrack|recording"
)
_WHO = rf"(?:someone|somebody|anyone|anybody|he|she|they|people|(?:the|a|any) (?:{_ROLE}))"
_VIEWER = r"(?:you|we|i|one|the viewers?|the audience)"
_SIGN = (
    r"(?:(?:on[- ]?screen )?(?:signs?|captions?|titles?|texts?|slides?|screen|subtitles?|banners?|labels?|boards?|"
    r"posters?|cards?|pages?|credits|lettering|headings?|headlines?|signboards?|billboards?|picture))"
)
_WORD = (
    r"(?:words?|phrase|text|sentence|line|caption|title|sign|subtitle|heading|headline|number|letters|message|banner|"
    r"label|card|slide)"
)
_SPEAK = (
    r"(?:says?|said|saying|mentions?|mentioned|mentioning|talks? about|talked about|talking about|speaks? (?:of|"
    r"about)|"
    r"spoke (?:of|about)|utters?|pronounces?|refers? to|tells? (?:us )?about|talking of)"
)
_SPOKEN = r"(?:said|spoken|mentioned|heard|uttered|talked about|spoken of|pronounced|audible|referred to|say)"
_READABLE = r"(?:written|readable|legible|printed|spelled(?: out)?|to be read|read)"
_PLACE = r"(?:(?:on|in) (?:the )?(?:screen|display|camera|picture|image|frame|view|shot)|onscreen)"
_SHOWN = (
    rf"(?:seen|visible|shown|displayed|{_PLACE}|present|depicted|featured|to be seen|on view|found|see|"
    r"(?:can|could) be seen)"
)
_APPEAR = (
    rf"(?:appears?|appeared|appearing|shows? up|showed up|comes? (?:up|on|in|into view|on screen|onto the screen)|"
    rf"pops? up|turns? up|stays? (?:up|visible|there)|remains? (?:visible|{_PLACE}|up|there)|occurs?|starts?|begins?|"
    rf"enters?|ends?|disappears?)(?: (?:{_SHOWN}|up|there))?"
)
_SAYS = r"(?:says?|saying|said|reads?|reading|shows?|showing|spells?|displays?|states?)"
_MOVING = (
    r"(?:moves?|moved|moving|pans?|panning|slides?|sliding|scrolls?|scrolling|drifts?|drifting|travels?|turns?|"
    r"tilts?|"
    r"zooms?|zooming|go(?:es)?|going|flies|fly|flying|rolls?|runs?|running)"
)
_TOWARDS = (
    r"(?:(?:to|towards?|from) )?(?:the )?(?P<direction>left|right|up|down|upwards?|downwards?|leftwards?|rightwards?|"
    r"top|bottom|in|out)(?: (?:to|side|hand side|edge).*)?"
)


@dataclass(frozen=True)
class Masked:
    """A question with tokens for what stands between quotes and for times: "When is quote0q said?".

    Args:
        text: The question, without its marks at the end.
        quotes: What stood between quotes.
        times: Seconds.
        written: The times as they were written.
        capitals: Words in capitals, "PLATFORM 9": their letters are a sign that they are read.
    """

    text: str
    quotes: tuple[str, ...] = ()
    times: tuple[float, ...] = ()
    written: tuple[str, ...] = ()
    capitals: tuple[str, ...] = ()


def _rule(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.I)


QUOTE_TOKEN, CAPITALS_TOKEN = _rule(r"quote(\d+)q"), _rule(r"caps(\d+)q")
TIME_TOKEN = _rule(r"time(\d+)t")
_QUOTES = re.compile(r"\"([^\"]+)\"|“([^”]+)”|«([^»]+)»|(?<!\w)['‘](.+?)['’](?!\w)")
_CAPITALS = re.compile(
    r"(?<![\w'’])(?:(?<![:.])\d[\d.]* )?"  # "450 G FLOUR", but not the end of "4:20 PM"
    r"(?:[A-Z][A-Z0-9]+(?:[ .,:&'-]+[A-Z0-9][A-Z0-9.]*)*|[A-Z](?: [A-Z0-9]+)+)(?![\w'’])"
)
_SECONDS, _MINUTES = r"s|secs?|seconds?", r"m|mins?|minutes?"
_TIMES = _rule(
    rf"(?<![\w:])(?:(?:(?P<h>\d+):)?(?P<m>\d{{1,3}}):(?P<s>\d\d(?:\.\d+)?)(?!\d)"
    rf"|(?P<minutes>\d+(?:\.\d+)?)\s?(?:{_MINUTES})(?:\s(?:and\s)?(?P<rest>\d+(?:\.\d+)?)\s?(?:{_SECONDS}))?\b"
    rf"|(?P<seconds>\d+(?:\.\d+)?)\s?(?:{_SECONDS})\b|(?:the )?(?P<unit>minute|second) (?P<number>\d+(?:\.\d+)?))"
)
_CONTRACTIONS = {
    r"\b(what|when|where|who|how|which|there|that|it|he|she)['’]s\b": r"\1 is",
    r"\b(what|when|where|how|they|you|we)['’]re\b": r"\1 are",
    r"\b(is|are|do|does|did|was|were|has|have)n['’]t\b": r"\1",
    r"\bcan['’]t\b": "can",
    r"\bsummari[sz]e\b": "summarize",
}
_COURTESY = _rule(
    r"^(?:(?:please|hey|hi|hello|ok|okay|so|and|now|well)\b[ ,]*|(?:can|could|would|"
    r"will) you (?:please )?(?:tell|show|give) me\b"
    r"[ ,:]*|(?:please )?(?:tell|show|give) me\b[ ,:]*|(?:do|would) you know\b[ ,]*|i(?:['’]d| would)? (?:want|"
    r"like|need) to know\b[ ,]*"
    r"|(?:can|could|would) you (?:please )?(?=find|list|count|describe|summarize|explain))+"
)


def mask(text: str) -> Masked:
    """Return a question with its quotes and times as tokens, its contractions written out and courtesies left out."""
    quotes: list[str] = []
    capitals: list[str] = []
    times: list[float] = []
    written: list[str] = []

    def quote(match: re.Match[str]) -> str:
        quotes.append(next(group for group in match.groups() if group is not None).strip(" .,?!"))
        return f"quote{len(quotes) - 1}q"

    def capital(match: re.Match[str]) -> str:
        capitals.append(match[0].strip(" .,"))
        return f"caps{len(capitals) - 1}q"

    def time(match: re.Match[str]) -> str:
        times.append(_seconds(match))
        written.append(match[0])
        return f"time{len(times) - 1}t"

    text = _QUOTES.sub(quote, text.strip(" ?!."))
    for contraction, whole in _CONTRACTIONS.items():
        text = re.sub(contraction, whole, text, flags=re.I)
    if not text.isupper():  # else nothing stands out
        text = _CAPITALS.sub(capital, text)
    text = _TIMES.sub(time, text)
    text = re.sub(r"[,;]? ?\b(?:please|thanks|thank you)$", "", text, flags=re.I)
    return Masked(_COURTESY.sub("", text).strip(" ,:"), tuple(quotes), tuple(times), tuple(written), tuple(capitals))


def _seconds(match: re.Match[str]) -> float:
    if match["s"] is not None:
        return 3600 * float(match["h"] or 0) + 60 * float(match["m"]) + float(match["s"])
    if match["minutes"] is not None:
        return 60 * float(match["minutes"]) + float(match["rest"] or 0)
    if match["number"] is not None:
        return float(match["number"]) * (60 if match["unit"].lower() == "minute" else 1)
    return float(match["seconds"])


BEYOND = _rule(
    r"^(?:why|who|whom|whose|how (?!many times|often|frequently|long|far|soon|many (?:seconds|minutes))|"
    r"(?:what|which) (?:colou?r|kind|type|sort|brand|language|mood|emotion)|which of|"
    r"(?:write|translate|delete|cut|make|draw|compare|(?:do|would|should) you (?:like|think|want))\b)"
)
"""Questions that nothing offline answers, whatever follows."""
LEADS: dict[str, re.Pattern[str]] = {
    "summary": _rule(
        rf"^(?:(?:give |make |write )?(?:me )?(?:an? |the )?(?:short |brief |quick )*(?:summary|overview|"
        rf"outline|synopsis|chapters|"
        rf"table of contents)\b.*|summarize\b.*|(?:list|describe|show|name)(?: me)?(?: all)? (?:the )?(?:scenes|"
        rf"chapters|parts|"
        rf"sections|events)\b.*|(?:list|describe|explain)(?: what happens| everything)?(?: {_IN_FILM}| it)?$|"
        rf"what (?:are|is) the (?:scenes|chapters|parts|sections|summary|contents?)\b.*|what (?:is|"
        rf"are) {_IN_FILM} about|"
        rf"what (?:is|was) (?:it|this|that) about|what does {_IN_FILM} (?:show|contain|have)|"
        rf"what (?:happens|is happening|goes on|is going on|is there|is)(?: {_IN_FILM})?$|"
        rf"(?:can|could) you (?:summarize|describe)\b.*)$"
    ),
    "order": _rule(
        rf"^(?:(?:which|what)(?: one)?(?: of (?:them|these|the two))? (?P<verb>(?:is|was)? ?(?:comes?|came|"
        rf"appears?|appeared|"
        rf"{_SHOWN}|{_SPOKEN}|{_READABLE}|shows? up))(?: (?:on|up))? (?P<which>first|last|earlier|later|"
        rf"second)[ ,:;]+"
        r"(?P<left>.+?),? or (?P<right>.+))$"
    ),
    "count": _rule(
        r"^(?:(?:in total,? )?how (?:many times|often|frequently)|count (?:how (?:often|many times)|"
        r"(?:all )?the (?:times|"
        r"number of times)(?: that)?)|(?:what is )?the number of times(?: that)?)\b"
    ),
    "duration": _rule(
        r"^(?:(?:for )?how long(?! (?:in|into|before|after|until|till)\b)|(?:for )?how many (?:seconds|minutes)|"
        r"what is the (?:total |whole |overall )?"
        r"(?:time|length|duration)(?: of| that| for which)?)\b"
    ),
    "when": _rule(
        rf"^(?:when|(?:at|from|since|around) (?:what|which) (?:exact )?(?:seconds?|minutes?|times?|points?|"
        rf"moments?|timestamps?|"
        rf"stage|position)(?: {_IN_FILM})?|(?:what|which) (?:is the |are the )?(?:exact )?(?:seconds?|times?|"
        rf"timestamps?|time codes?|"
        rf"moments?|minutes?|points?)(?: (?:of|for|{_IN_FILM}))?(?: (?:when|where|at which|that|in which|is|"
        rf"of))*|how (?:far|long|soon|late) (?:in|into) {_IN_FILM}|"
        rf"how (?:soon|late)|where(?: {_IN_FILM})?|(?:find|show|list|get|locate|give)(?: me)?(?: all| every|"
        rf" the exact| each)?|"
        rf"(?:what|which) (?:parts?|moments?|scenes?|bits?|sections?|shots?|"
        rf"frames?)(?: {_IN_FILM})?(?: (?:shows?|has|have|contains?|with|"
        rf"where|when|in which))?|(?:the )?(?:times?|moments?|parts?)(?: (?:when|where|of|with|that|in which))|"
        rf"(?:all )?the (?:moments|times|parts))(?=\s|$)"
    ),
    "content": _rule(r"^(?:what|which)\b"),
    "whether": _rule(r"^(?:is|are|was|were|does|do|did|can|could|has|have|will|any)\b"),
}
PICKS = {
    "first": _rule(
        rf"\b(?:for the (?:very )?first time(?: {_IN_FILM})?|(?:the )?first time(?: that| when)?|first(?= |$))"
    ),
    "last": _rule(r"\b(?:for the (?:very )?last time|(?:the )?(?:last|final) time(?: that| when)?|last(?= |$))"),
}
_NEAR = r"(?:right |just |directly |immediately |shortly |exactly |straight )?"
RELATION = _rule(
    rf"(?:^|[ ,]){_NEAR}(?P<relation>before|after|until|till|since|from|following|while|during|when|as|at|"
    rf"around|about|near)(?= )"
)
RELATIONS: dict[str, Relation] = {
    "before": "before", "until": "before", "till": "before", "after": "after", "since": "after", "from": "after",
    "following": "after", "while": "while", "during": "while", "when": "while", "as": "while", "at": "at",
    "around": "at", "about": "at", "near": "at",
}  # fmt: skip
BETWEEN = _rule(
    r"(?:^|[ ,])(?:(?:between|in between) (?P<left>.+?) and|from (?P<from>.+?) (?:to|until|till)) (?P<right>.+)$"
)
START = _rule(rf"(?:the )?(?:very )?(?:start|beginning|outset)(?: {_IN_FILM})?")
END = _rule(rf"(?:the )?(?:very )?(?:end|close)(?: {_IN_FILM})?")
FILLERS = _rule(
    rf"(?<=\s)(?:{_IN_FILM}(?! (?:shows?|has|have|contains?)\b)|ever|actually|anywhere|somewhere|at all|"
    rf"at any (?:time|point)|at some point|again|also|exactly|"
    r"really|in total|altogether|overall|aloud|out loud|for(?=\s*$))(?=\s)"
)
DO = _rule(r"^(?:does|do|did)\b")
CONTENT = _rule(
    rf"(?:what|which)(?: else)?(?: (?:things?|stuff))?(?: exactly)?(?: (?:"
    rf"(?P<heard>(?:words? |sentences? |lines? )?(?:(?:{_BE} )*(?:said|spoken|told|to be heard|heard|saying|"
    rf"talked about|mentioned)|"
    rf"(?:does|do|did|is|are|was|were) {_WHO} (?:say(?:ing)?|talk(?:ing)? about|tell(?:ing)?(?: us)?|mention|"
    rf"speak(?:ing)? about)|"
    rf"(?:can|could|do) {_VIEWER} hear|(?:is|was) the (?:speech|narration|narrator|speaker|voice)(?: saying)?))"
    rf"|(?P<read>(?:do(?:es)? (?:the |any |that )?(?:{_SIGN}|it) (?:say|read|state|show|display)s?|(?:can|could|"
    rf"do) {_VIEWER} read|"
    rf"(?:the )?(?:words?|texts?|captions?|titles?|signs?|sentences?|letters|lines?|subtitles?)(?: (?:{_BE}|can|"
    rf"could|appears?|there|"
    rf"{_SHOWN}|{_READABLE}|{_VIEWER} read|comes? up|shows? up))*|(?:{_BE} )+(?:the )?(?:written|{_SIGN}|words?|"
    rf"to be read|printed)(?: {_PLACE})?|"
    rf"(?:{_BE} )+(?:read|the (?:{_WORD})(?: {_PLACE})?)|(?:do|does) (?:the )?(?:captions?|titles?|signs?|"
    rf"texts?|slides?) (?:say|read)))"
    rf"|(?P<moves>(?:is |are )?mov(?:es|ing)|movement is there|motion is there|movement)"
    rf"|(?P<seen>(?:{_BE} )*(?:there|{_SHOWN})(?: to see| to be seen| {_PLACE})?|(?:can|could|do|"
    rf"did) {_VIEWER} (?:see|spot)|{_APPEAR}|"
    rf"(?:is|are) (?:{_PLACE}|to be seen)|does (?:the )?(?:{_FILM}|picture|screen|camera) show|do {_VIEWER} see)"
    rf"|(?P<any>(?:happens?|happened|is happening|is going on|goes on|comes?(?: next)?|came|follows?|is there|"
    rf"is|are|goes|"
    rf"takes place|occurs?|is it|was))))?(?: {_PLACE})?"
)
_DIRECTIONS = {"top": "up", "bottom": "down", "in": "nearer", "out": "away"}
_BY = rf"(?: by (?:{_WHO}|the {_ROLE}))?"
MOVES = _rule(
    rf"(?:(?:does|do|did|is|are|was|can {_VIEWER} see|do {_VIEWER} see|there is|is there) )*(?P<who>(?:the |"
    rf"a )?camera|something|anything|things?|an? "
    rf"(?:object|thing)|objects|it|everything|.*?\S)?\s?(?:(?:start|begin|starts|begins|start to|begin to|"
    rf"starts to|begins to|is|are) )*"
    rf"(?P<verb>{_MOVING})(?: (?:{_TOWARDS}|around|about|across.*))?"
    rf"|(?:(?:is|are|can {_VIEWER} see|do {_VIEWER} see|there|any|some|"
    rf"the) )*(?P<camera>camera )?(?P<noun>movement|motion|moves)(?: (?P<d2>left|right|up|down)\w*)?"
)
HEADS: tuple[tuple[Sense, re.Pattern[str]], ...] = (
    (
        "heard",
        _rule(
            rf"^(?:(?:does|do|did|is|are|was|has|have) )?{_WHO} (?:(?:first|last|is|are|"
            rf"was) )?{_SPEAK}(?: the (?:words?|phrase|name))?\b"
        ),
    ),
    (
        "heard",
        _rule(
            rf"^(?:(?:can|could|do|does|did) )?{_VIEWER} (?:can |"
            rf"could )?hear(?: {_WHO} {_SPEAK})?(?: the (?:words?|phrase))?\b"
        ),
    ),
    (
        "read",
        _rule(
            rf"^(?:(?:does|do|did|is|are) )?(?:(?:the|a|an|any|some|that) )?(?:{_SIGN}|it) (?:(?:that|"
            rf"which) )?{_SAYS}(?: the (?:words?|text|phrase))?\b"
        ),
    ),
    ("read", _rule(rf"^(?:(?:can|could|do|does|did) )?{_VIEWER} (?:can |could )?read(?: the (?:words?|text))?\b")),
    ("read", _rule(rf"^(?:(?:is|are|was|does|do|did) )?(?:the|a|any) {_WORD} (?:{_SAYS} )?(?=\S)")),
    (
        "seen",
        _rule(
            rf"^(?:(?:can|could|do|does|did|may|will|would) )?{_VIEWER} (?:(?:can|could|first|last) )*(?:see|"
            rf"spot|notice|watch|get to see|find)\b"
        ),
    ),
    ("seen", _rule(r"^(?:(?:is|are|was|were|has) there|there (?:is|are|was|were)|there)\b")),
    (
        "seen",
        _rule(
            rf"^(?:the )?(?:parts?|moments?|scenes?|bits?|places?|shots?|frames?|times?|"
            rf"points?)(?: {_IN_FILM})? (?:with|showing|of|that shows?|that (?:has|have|contains?))\b"
        ),
    ),
    ("seen", _rule(rf"^(?:does|do|did) {_IN_FILM} (?:show|have|contain)\b")),
)
_FRAME = _rule(
    rf"^(?:the )?(?:parts?|moments?|scenes?|bits?|places?|shots?|frames?|times?|points?|second|"
    rf"timestamps?)(?: {_IN_FILM})? (?:where|when|in which|at which|that|is|are)\b"
)
TAILS: tuple[tuple[Sense, re.Pattern[str]], ...] = (
    (
        "heard",
        _rule(
            rf"\b(?:(?:{_BE}|can be|could be|comes? up) )*(?:{_SPOKEN}{_BY}|(?:comes? up )?in the (?:speech|"
            rf"audio|narration|sound|soundtrack|recording|talk))$"
        ),
    ),
    (
        "read",
        _rule(
            rf"\b(?:(?:{_BE}|can be|could be) )*(?:{_READABLE}|(?:shown |displayed |written )?on (?:the |a |"
            rf"any )(?:sign|slide|banner|caption|board|poster|label|card|page)s?)(?: {_PLACE})?$"
        ),
    ),
    ("seen", _rule(rf"\b(?:(?:{_BE}|can be|could be) )*(?:{_SHOWN}|{_APPEAR})(?: {_PLACE})?(?: (?:up|there|for))?$")),
)
_AUXILIARY = _rule(r"^(?:is|are|was|were|does|do|did|can|could|has|have|will|that)\b")
_LAST_AUXILIARY = _rule(r"\b(?:is|are|was|were|be|stay|there)$")
_ARTICLES = _rule(r"^(?:the|a|an|any|some|another|this|that|these|those|one|all)\s+")
UNKNOWN_VERB = _rule(r"\b(?:\w{2,}ing|happy|sad|wins?|works?|means?|mean)$|^(?:you|he|she|it|they|i|we)\b")
"""What is left of a clause whose verb isn't about being seen, read or heard: "the cat sleeping"."""


def strip_frames(clause: str) -> tuple[str, list[Sense]]:
    """Return what a clause is about, and the senses that its verbs name, the strongest verb first.

    Example:
        >>> strip_frames("does the sign say EXIT")
        ('EXIT', ['read'])
    """
    senses: list[Sense] = []
    clause = clause.strip()
    for _ in range(3):  # "the moments where there is a cat"
        before = clause
        clause = _FRAME.sub("", clause).strip()
        for sense, pattern in HEADS:
            head = pattern.match(clause)
            if head is not None and (clause[head.end() :].strip() or sense == "seen"):
                clause = clause[head.end() :].strip()
                senses.append(sense)
                break
        for sense, pattern in TAILS:
            tail = pattern.search(clause)
            if tail is not None:
                clause = clause[: tail.start()].strip(" ,")
                senses.append(sense)
                break
        clause = _AUXILIARY.sub("", clause).strip()
        if not {"heard", "read"} & set(senses):  # "she says it was": part of the words
            clause = _LAST_AUXILIARY.sub("", clause).strip()
        if clause == before:
            break
    return clause.strip(" ,.:;"), senses


def strongest(senses: list[Sense]) -> Sense | None:
    """Return the sense that a clause means: what is said or read before what is merely seen."""
    return next((sense for sense in ("heard", "read", "moves", "seen") if sense in senses), None)


def without_articles(subject: str) -> str:
    """Return a subject without the article at its front."""
    while _ARTICLES.match(subject):
        subject = _ARTICLES.sub("", subject, count=1)
    return subject


def article_of(subject: str) -> str:
    """Return the article at the front of a subject, "" if it has none."""
    found = re.match(r"(the|an?)\s", subject, re.I)
    return found[1].lower() if found else ""


def motion_subject(match: re.Match[str]) -> str:
    """Return "camera left", "left" or "" from a clause about motion."""
    found = match.groupdict()
    camera = "camera" if "camera" in (found["who"] or "").lower() or found["camera"] else ""
    direction = (found["direction"] or found["d2"] or "").lower()
    direction = _DIRECTIONS.get(direction, re.sub("wards?$", "", direction))
    return f"{camera} {direction}".strip()


def sense_of(verb: str) -> Sense | None:
    """Return the sense that a verb names, None for "comes"."""
    found: list[Sense] = [sense for sense, pattern in TAILS if pattern.search(verb.strip())]
    return strongest(found)
