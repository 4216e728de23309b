"""Whether a question is about the whole film, about words in it, or about something that is seen at some moment.

Frames at equal distances are enough for questions about the whole; only local ones want frames that the question picks
(DIG, arXiv 2512.04000, section 3, which asks a language model; here it is told by the words).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_FILM = r"(?:film|video|clip|movie|footage|recording|episode|lecture|talk|story|scenes?)"
_WHOLE = re.compile(
    r"\b(?:"
    r"summar(?:y|i[sz]e[sd]?|i[sz]ing|ies)|overview|synopsis|recap|outline|gist|tl;?dr|chapters?|storyline|plot|abstract"
    r"|(?:main|overall|general|central|key|primary)\s+(?:idea|topic|subject|theme|point|message|purpose|event|content|"
    r"takeaway|activity|genre|mood|tone|style|setting)s?"
    r"|overall|throughout|as a whole|in general|from (?:start|beginning) to (?:end|finish)|on the whole"
    rf"|(?:whole|entire|complete|full)\s+{_FILM}"
    rf"|(?:describe|explain|caption|title|name|rate|review|classify)\s+(?:for\s+me\s+)?(?:the|this|that)\s+{_FILM}"
    rf"|what\s+(?:is|are|was|were|'s)\s+(?:the|this|that|these|in the|in this)\s+{_FILM}(?:\s+(?:all\s+)?about)?"
    rf"|what\s+(?:kind|sort|type|genre)\s+of\s+(?:a\s+)?{_FILM}"
    rf"|what\s+(?:happens|happened|goes on|is going on|is happening|is shown|can be seen)"
    rf"(?:\s+(?:in|during|over)\s+(?:the|this|that)\s+{_FILM})?\s*\??$"
    rf"|how\s+(?:many|long)\s+(?:different\s+)?(?:scenes?|shots?|cuts?|chapters?|parts?|is the {_FILM}|is this {_FILM})"
    r"|(?:list|name)\s+(?:all|every|everything|the (?:scenes|events|topics|things|places|steps))"
    r"|(?:in (?:what|which) order|order of (?:the )?(?:events|scenes|steps|things)|sequence of|chronolog\w+|timeline)"
    r"|(?:give|suggest|find|write|propose)\b.*\btitle|(?:good|suitable|best)\s+title|mood|atmosphere|genre|moral of"
    r"|zusammenfass\w*|fass\w*\b.*\bzusammen|worum geht|résum\w+|de quoi (?:parle|s'agit)|resum\w+|de qué (?:trata|va)"
    r"|riassum\w+|di cosa parla|सारांश|किस बारे में"
    r")",
    re.I,
)
_MOMENT = re.compile(
    r"\b(?:when|at (?:what|which) (?:time|moment|second|minute)|at \d+[:.]\d\d"
    r"|(?:before|after|while|until|as soon as)\b.+|first time|last time|moment|wann|quand|cuándo|quando)\b",
    re.I,
)


_WORDS = re.compile(
    r"[\"“„«](?=\w)|(?<!\w)'\w"
    r"|\b(?:says?|said|saying|speaks?|spoken|talks?|talked|mention(?:s|ed)?|heard?|hears?|utter(?:s|ed)?|narrat\w+"
    r"|call(?:s|ed)?|reads?|written|wrote|text|words?|captions?|subtitles?|sentences?|quote[sd]?|letters?|spell(?:s|ed)?"
    r"|sagt|steht auf|geschrieben|dit|écrit|dice|escrito)\b",
    re.I,
)


@dataclass(frozen=True)
class Scope:
    """What a question is about.

    Args:
        kind: "whole" for the film from its start to its end, "words" for what is read or said in it, "local" for
            something else in it.
        why: The words that say so, or "" if nothing does.
    """

    kind: Literal["whole", "words", "local"]
    why: str = ""


def scope(question: str) -> Scope:
    """Return whether a question is about the whole film; without words that say so it is about something in it."""
    text = " ".join(question.split())
    if not text:
        return Scope("whole")
    moment, whole = _MOMENT.search(text), _WHOLE.search(text)
    if whole is None or (moment is not None and moment.start() < whole.start()):
        words = _WORDS.search(text)
        if words is not None:
            return Scope("words", words[0].strip() if words[0][0].isalnum() else "a quotation")
        return Scope("local", moment[0][:40] if moment else "")
    return Scope("whole", whole[0][:40])
