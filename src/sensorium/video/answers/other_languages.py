"""Which other language a question seems to be in, by its script or its function words."""

from __future__ import annotations

import re
from collections import Counter

from sensorium.core.languages import SCRIPTS, language_name, script_of

_FUNCTION_WORDS = {
    "en": "the a an is are was were does do did when what which how many often long in of on at to and there any it "
    "you can see say said this that film video first last before after who why where show me",
    "de": "wann wo was wie wer warum der die das den dem ein eine einen ist sind wird zu sehen im in sieht man sagt "
    "oft lange nach vor gibt es und zum ersten mal erscheint film wird gesagt welche",
    "fr": "quand où qui que quoi pourquoi combien le la les un une des est sont dans voit on dit le film y a t il "
    "elle de fois apparaît après avant et quelle quel",
    "es": "cuándo cuando dónde donde qué que quién cómo cuántas cuántos veces el la los las un una es son en se ve "
    "dice aparece hay película vídeo después antes de y cuánto",
    "it": "quando dove che cosa chi come quante volte il lo la gli le un una è sono nel si vede dice appare c'è film "
    "dopo prima di e quanto",
    "pt": "quando onde que quem como quantas vezes o a os as um uma é são no na se vê diz aparece há filme depois "
    "antes de e quanto",
    "nl": "wanneer waar wat wie hoe vaak lang de het een is zijn in zie je zien men zegt verschijnt er film na voor en "
    "welke",
    "sv": "när var vad vem hur ofta många gånger länge den det en ett är i filmen ser man säger syns finns "
    "efter före och",
    "da": "hvornår hvor hvad hvem hvordan ofte mange gange den det en et er i filmen ser man siger findes efter før og",
    "pl": "kiedy gdzie co kto jak często ile razy długo jest są w na widać mówi pojawia się czy film po przed i",
    "tr": "ne zaman nerede kim nasıl kaç kez bir bu filmde görünüyor görülüyor var mı diyor sonra önce ve",
    "id": "kapan di mana apa siapa bagaimana berapa kali lama yang ini itu film terlihat muncul ada setelah "
    "sebelum dan",
    "fi": "milloin missä mikä kuka miten kuinka usein monta kertaa on ovat elokuvassa näkyy sanoo jälkeen ennen ja",
    "hi": "kab kahan kya kaun kaise kitni baar hai hain mein dikhta dikhti dikhai deta deti film ke baad pehle aur",
}
_SETS = {code: frozenset(words.split()) for code, words in _FUNCTION_WORDS.items()}
_LEAST = 2  # function words of another language, and more than English ones


def other_language(text: str) -> str:
    """Return the name of the language that a text seems to be in; "" for English, or if it can't be told.

    Words between quotes don't count: they may be in any language.
    """
    bare = re.sub(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|(?<!\w)['‘][^'’]*['’](?!\w)", " ", text)
    scripts = Counter(script_of(letter) or "" for letter in bare if letter.isalpha())
    if scripts and scripts.most_common(1)[0][0]:
        return language_name(SCRIPTS[scripts.most_common(1)[0][0]].split()[0])
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", bare.lower())
    counts = {code: sum(word in known for word in words) for code, known in _SETS.items()}
    best = max(counts, key=lambda code: counts[code])
    if best != "en" and counts[best] >= _LEAST and counts[best] > counts["en"]:
        return language_name(best)
    return ""
