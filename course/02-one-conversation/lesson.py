# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # One conversation
#
# Ravi repairs washing machines. He takes a photo before he opens one and a photo after, records what the customer says,
# and films the drum as it knocks. Later he wants to ask one question about all of it: "What has changed, and where does
# the noise come from?" That is a *multimodal* question: its parts are of several kinds, or modalities: text, pictures,
# sound, film.
#
# Every service has its own way to write such a question. In this lesson you learn the one that Sensorium uses for all
# of them, why the order of the parts matters, and what each kind costs.

# %% [markdown]
# ## A question is a row of parts
#
# A `Conversation` holds messages; a message holds parts: `Text`, `Image`, `Audio` or `Video`, in the order that you
# give them.

# %%
from sensorium import Audio, Conversation, Image, Video, ask, load
from sensorium.lessons import check, hosted, sample, show

chat = Conversation.of(Image(sample("receipt.jpg")), "What is the total?")
for message in chat.messages:
    print(message.role, [type(part).__name__ for part in message.parts])

# %%
show(Image(sample("receipt.jpg")), "A receipt of Green Door Grocery: four things, and a total of 14.25.")

# %%
model = load("offline")
reply = ask(model, chat)
print(reply.text)

# %% [markdown]
# The answer becomes part of the conversation, and so can the next question. Nothing is changed in place: `then` returns
# a new conversation, so you can ask two different questions after the same beginning.

# %%
longer = chat.then("assistant", reply.text).then("user", "What is the date?")
print(ask(model, longer).text)
print(len(chat.messages), len(longer.messages))

# %% [markdown]
# ## The idea: one row of tokens
#
# A language model reads tokens: pieces of words, as numbers. A multimodal model reads the same row, in which a picture
# stands as a few hundred tokens of its own, made by a vision network. So a model doesn't "look at the attached files".
# It reads a row from left to right, and a picture has a place in it, like a word.
#
# ![Five parts in a row: the text "Before:", a photo, the text "After:", another photo, and the question "What has
# changed?". Below them one row of tokens in the same order and colours.](tokens.png)
#
# That is why order is meaning. "Before:" in front of a picture names that picture. With both pictures first and the
# words after them, the model has to guess which is which, and with the question first it has to keep it in mind while
# it reads a thousand tokens of pixels. Sensorium never changes the order of your parts.

# %%
before, after = Image(sample("coffee.jpg")), Image(sample("sign.jpg"))
two = Conversation.of("First picture:", before, "Second picture:", after, "What is this?")
print(ask(model, two).text)

# %% [markdown]
# ## Sound and film are parts as well
#
# A file isn't read before a model needs it. Whether a model takes such a part at all is in its limits, and asking for
# too much is an error before anything is sent, which says what to do instead.

# %%
print(model.limits.parts)
film = Conversation.of(Video("drum.mp4", start=2, end=6), Audio("customer.wav"), "Where does the noise come from?")
print([type(part).__name__ for part in film.parts])

# %%
from sensorium import SensoriumError

try:
    ask(model, film)
except SensoriumError as error:
    print(error.message)
    print(error.hint)

# %% [markdown]
# ## It goes to JSON and back
#
# A conversation is plain data, so it can be kept as a test, a training row or a cache key. Two equal conversations are
# equal.

# %%
small = Conversation.of("What is the capital of Kenya?")
print(small.to_json())
print(Conversation.from_json(small.to_json()) == small)

# %% [markdown]
# ## What does it cost?
#
# You pay for tokens, and the kinds of parts differ by a factor of five hundred. These are the tokens of Gemini 3.8
# Flash at its default resolution (November 2026): a picture about 1,090, sound 32 a second, film 70 for each frame, one
# frame a second, and 7 for each time stamp.
#
# ![Bars of tokens: a question of ten words 13, a page of text 700, a picture 1,090, a minute of speech 1,920, a minute
# of film 6,540.](costs.png)
#
# Models cut pictures up in their own ways, so the same photo differs as well. The catalogue that Sensorium carries
# knows how the makers count:

# %%
from sensorium.core.catalog import image_tokens

for name in (
    "gemini:gemini-3.8-flash",
    "openai:gpt-6-luna",
    "vllm:Qwen/Qwen3.5-4B",
    "transformers:meta-llama/Llama-3.2-11B-Vision-Instruct",
):
    count = image_tokens(name, 1000, 750)
    print(f"{name}: up to {count.most:,} tokens")

# %%
picture, question, answer = 1090, 10, 30
usd = (picture + question) * 0.75e-6 + answer * 3.75e-6  # Gemini 3.8 Flash, 29 November 2026
print(f"1,000 questions about a picture: {1000 * usd:.2f} US dollars")

# %% [markdown]
# ## The same conversation, other models
#
# Change the name, and the same conversation goes elsewhere. Gemini 3.8 Flash takes all four kinds, Llama 3.2 Vision
# (11B) and Qwen3.5 take text and pictures on a server or GPU of your own (names of November 2026).

# %% tags=["hosted"]
for name in (
    "gemini:gemini-3.8-flash",
    "vllm:meta-llama/Llama-3.2-11B-Vision-Instruct",
    "transformers:Qwen/Qwen3.5-2B",
):
    if larger := hosted(name):
        reply = ask(larger, two)
        print(f"{name}: {reply.text}\n  {reply.usage.input_tokens} tokens in, {reply.usage.output_tokens} out")

# %% [markdown]
# ## Exercises
#
# **Two pictures, told apart.** Set `chat` to a conversation that asks what has changed from `before` to `after`, so
# that a model can't mix them up. Use the words "Before:" and "After:".

# %% exercise="order"
chat = ...

# %%
check("02-one-conversation", "order")

# %% [markdown]
# **A film as pictures.** Many models take pictures, but no film. Below are three frames. Set `film` to a conversation
# that shows them with their times, 0, 2 and 4 seconds, and then asks what happens. An `Image` takes its time as `at=`.

# %%
frames = {0: sample("cat.jpg"), 2: sample("coffee.jpg"), 4: sample("receipt.jpg")}

# %% exercise="frames"
film = ...

# %%
check("02-one-conversation", "frames")

# %% [markdown]
# **What five minutes of film cost.** With the figures above, how many tokens are five minutes of film with sound, one
# frame a second? Set `tokens`.

# %% exercise="tokens"
tokens = ...

# %%
check("02-one-conversation", "tokens")

# %% [markdown]
# ## What goes wrong
#
# - **Pictures moved to the front.** Some clients and chat templates collect all pictures at the start of the message.
#   Ask a model "which of the two is blue?" with the pictures swapped: if its answer doesn't swap, something on the way
#   moved them.
# - **A sideways photo.** Phones store the rotation beside the pixels. Sensorium turns pictures upright before a model
#   sees them; if you send files yourself, do the same.
# - **A picture that was shrunk.** Services scale large pictures down. Small print is gone before the model looks. `ask
#   --tiles` sends an overview and pieces.
# - **Silent film.** Most "video" models see frames only. If the answer is in the sound, transcribe it and put it in as
#   text (lesson 18).
#
# ## Sources
#
# - Alayrac and others, *Flamingo: a Visual Language Model for Few-Shot Learning*, NeurIPS 2022, arXiv:2204.14198:
#   pictures and text in one interleaved row.
# - Liu and others, *Visual Instruction Tuning* (LLaVA), NeurIPS 2023, arXiv:2304.08485: picture tokens through one
#   projection.
# - Google, *Understand and count tokens*, https://ai.google.dev/gemini-api/docs/tokens, read in November 2026.
