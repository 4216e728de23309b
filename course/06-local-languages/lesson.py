# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Local languages
#
# Sunita's mother lives in Nagpur and speaks Hindi. Her tablets come with an English label. She holds the phone over
# the box and asks aloud: "दवा कब खराब होगी?", when does this medicine go bad? A model that writes "2027-08" somewhere
# hasn't answered *her*. She needs to be heard, understood, and told, in her own language.
#
# That takes five steps by different engines, and a mistake in any of them sounds like a mistake of the app. In this
# lesson you build the chain, see which links hold without a network, and guard the one thing that mustn't change on
# the way: the numbers.

# %% [markdown]
# ## A spoken question, on this machine
#
# First in English, where every step has an engine here: Piper speaks the question for us, Whisper hears it, the offline
# model looks, Piper speaks the answer.

# %%
from sensorium import Image, SensoriumError, load
from sensorium.lessons import check, hosted, sample, show
from sensorium.voice import VoiceTeam, mask, plan, talk, translate

label = Image(sample("label.jpg"))
show(label, "A white medicine label in English: Paracetamol 500 mg, how many to take, and an expiry date.")

# %%
eyes, whisper = load("offline"), load("whisper", "transcriber")
piper, espeak = load("piper", "speaker"), load("espeak", "speaker")
team = VoiceTeam(models=[eyes], transcribers=[whisper], speakers=[piper, espeak])
spoken = piper.speak("What is the expiry date?", "en")
result = talk(team, spoken, [label], "en")
print("heard:", result.question)
print("answer:", result.answer)
for step in result.steps:
    print(f"  {step.kind} by {step.by}")

# %% [markdown]
# Now change one word: "en" becomes "hi". A plan says what would happen, before anything does.

# %%
try:
    plan(team, "hi")
except SensoriumError as error:
    print(error.message)

# %% [markdown]
# The offline model knows English only. And the hearing? Espeak can say the Hindi question, like a robot. Guess what
# Whisper's small weights make of it:

# %%
question = "दवा कब खराब होगी?"
heard = whisper.transcribe(espeak.speak(question, "hi"), "hi")
print(question, "was heard as", heard.text)
print(f"how sure: {heard.confidence:.2f}")

# %% [markdown]
# That isn't her question. (A robot's voice is a hard test; but natural voices in Hindi fail with these weights, too:
# docs/voice.md has the figures.) The confidence says so. Below 0.6 `talk` adds "I may have misheard the question as …",
# so that she can ask again. For Hindi and Tamil take a service or larger weights, or let her type.

# %% [markdown]
# ## The idea: one language at each joint
#
# ![Five boxes in a row: hear, translate, look and answer, translate, speak. Between them the language: sound, Hindi,
# English, English, Hindi, sound. Above them: numbers, dates, codes and short quotations pass unchanged.](steps.png)
#
# Each engine states its languages, and the plan joins those that fit. If one is missing, put in your own. A translator
# is an object with a name, its languages, and one function. Ours is a phrase book, as a traveller has: small, and
# always right about what it holds.


# %%
PHRASES = {
    "दवा कब खराब होगी?": "What is the expiry date?",
    "इसमें क्या लिखा है?": "What does it say?",
    "Expiry date": "समाप्ति तिथि",
}


class PhraseBook:
    """A translator that knows three phrases."""

    name = "phrase book"
    languages = ("en", "hi")

    def translate(self, text, source, target):
        for phrase, meaning in PHRASES.items():
            text = text.replace(phrase, meaning)
        return text


hindi = VoiceTeam([eyes], [whisper], translators=[PhraseBook()], speakers=[piper, espeak])
for step in plan(hindi, "hi", audio_question=False).steps:
    print(step)

# %%
result = talk(hindi, question, [label], "hi")
print(result.answer)
print("spoken:", result.speech is not None)

# %% [markdown]
# A typed question in Hindi, a spoken answer in Hindi, and nothing left this machine.

# %% [markdown]
# ## What a translation may not change
#
# Translators write fluently, also when they drop a dose. So numbers with their units, dates, codes and names are taken
# out before, and put back after. Here is what a translator gets to see:

# %%
dose = "Take 2 tablets of 500 mg every 6 hours, until 2027-08."
print(mask(dose, "en").text)

# %% [markdown]
# And here is one that loses all of them. What it lost stands behind its words, as it was:


# %%
class Careless(PhraseBook):
    """A translator that sounds well: "take the tablets on time"."""

    def translate(self, text, source, target):
        return "गोलियाँ समय पर लें।"


careless = translate(Careless(), dose, "en", "hi")
print(careless.text)
print("lost:", careless.lost)

# %% [markdown]
# ## Sarvam and Llama, by changing names
#
# Sarvam's models hear 22 languages of India, translate them, and speak eleven. Llama 3.2 Vision looks. The team has
# four other names, and `talk` is the same line. With Tamil, change "hi" to "ta". (Names of November 2026; speech and
# words go to Sarvam, with a key in `SARVAM_API_KEY`; the picture stays with your server.)

# %% tags=["hosted"]
ears, words = hosted("sarvam:saaras:v3", "transcriber"), hosted("sarvam:mayura:v1", "translator")
voice, llama = hosted("sarvam:bulbul:v3", "speaker"), hosted("ollama:llama3.2-vision")
if ears and words and voice and llama:
    asked = voice.speak(question, "hi")
    result = talk(VoiceTeam([llama], [ears], [words], [voice]), asked, [label], "hi")
    print(result.question, result.answer)
    print([(step.kind, step.by, step.usd) for step in result.steps])

# %% [markdown]
# ## Exercises
#
# **Who can?** Savio in Goa asks in Konkani. Of "whisper", "sarvam", "offline" and "espeak", Sarvam hears Konkani and
# translates it, but doesn't speak it; Espeak speaks it; Whisper doesn't know it; the offline model looks, in English.
# Set `engines` to a list of five names, one for each of the five steps.

# %% exercise="engines"
engines = ...

# %%
check("06-local-languages", "engines")

# %% [markdown]
# **The same numbers?** Write `same_numbers(original, translated)`, which returns whether both have the same numbers,
# in any order and in digits of any script: "५०० मि.ग्रा." and "500 mg" do. Only whole numbers are asked.

# %% exercise="numbers"
same_numbers = ...

# %%
check("06-local-languages", "numbers")

# %% [markdown]
# ## What goes wrong
#
# - **Numbers.** "Fifteen hundred", "डेढ़ हज़ार" and 1,500 are one number; 2/3/2026 is two dates. Only digits are
#   guarded.
# - **Units.** A translator that turns ounces into grams means well. Keep what is printed.
# - **Names.** "Asha" means hope, and gets translated. Names are known by their capitals, which Hindi and Tamil haven't.
# - **Politeness.** Hindi has three words for "you". A wrong one from a machine offends; Sarvam is asked for the formal.
# - **The picture's text.** Somebody who checks the label needs its words as they are printed. What stands in quotation
#   marks passes a translation word for word; a whole label that is read out doesn't. Show the original beside it.
# - **Code-mixing.** People say "expiry date क्या है?". Test with what they say, not with what a grammar says.
#
# ## Sources
#
# - Radford and others, *Robust Speech Recognition via Large-Scale Weak Supervision* (Whisper), 2022, arXiv:2212.04356.
# - Gala and others, *IndicTrans2*, TMLR 2023, arXiv:2305.16307: translation for the 22 languages of India.
# - Sarvam, *API documentation*, https://docs.sarvam.ai, read in September 2026.
