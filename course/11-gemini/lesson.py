# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Gemini with pictures and films
#
# Tomás books lorries onto a ferry in a small harbour. A camera looks down the ramp. At noon a driver says that he was
# there in time and nobody saw him. Tomás has the film, and a model that takes whole films: "Which lorry came, and
# when?" It answers: "I see an empty ramp and a sign, RAMP 2." The lorry is in the film. The model never got the
# frames that show it.
#
# Gemini is asked in one line, like every model here. What you have to know is what you can set before that line: how
# finely it looks at a picture, how many frames a second it takes of a film, and from where to where. These settings
# decide what it can see and what you pay, and you can work out both before you send anything. This lesson runs
# without a key for that reason.

# %% [markdown]
# ## A film, as the model gets it
#
# Gemini takes one frame of each second, unless you tell it otherwise. Let's do the same, look at the frames, and see
# in which of them anything is different from the first.

# %%
import json

import numpy as np

from sensorium import Conversation, Image, Options, Usage, Video, ask, load
from sensorium.lessons import check, find_lesson, hosted, sample, show
from sensorium.media.video import frame_at, frames_at, probe

film = Video(find_lesson(11).folder / "film.mp4")
print(probe(film))


def moments(start, end, fps):
    """Return the times of the frames in which something is on the ramp."""
    empty = frame_at(film, 0).pixels.astype(int)
    frames = frames_at(film, np.arange(start, end, 1 / fps))
    return [frame.at for frame in frames if np.abs(frame.pixels - empty).mean() > 2]


for fps in (1, 2, 4):
    found = moments(0, 12, fps)
    print(f"{fps} frames a second, {12 * fps} frames: the lorry is in {len(found) or 'none'} of them", *found)

# %% [markdown]
# Twelve seconds, twelve frames, and no lorry. Nor with two frames a second. It drives past in a third of a second,
# between two frames. A model can't miss what it was never shown, and it doesn't know that something was left out. It
# describes an empty ramp, and it is right about every frame that it got.

# %%
lorry = Image(frame_at(film, 6.24).pixels)
show(lorry, "A ramp with a sign, RAMP 2. A red lorry drives past; on its side stands KX 7204.")

# %%
print(ask(load("offline"), lorry, "What does it say?").text)

# %% [markdown]
# With the right frame even the small model on this machine reads the plate.

# %% [markdown]
# ## The idea: frames times tokens
#
# ![A line of twelve seconds. One frame a second gives twelve ticks, and a bar for the lorry, from 6.12 to 6.44
# seconds, lies between the ticks at 6 and 7. Below, a clip from 5 to 8 seconds with four frames a second: one of its
# twelve ticks, at 6.25, lies in the bar. The first row costs 924 tokens, the second 861.](frames.png)
#
# Three settings, and each of them is part of the question:
#
# - `Video(film, start=5, end=8)`: only this clip is looked at.
# - `fps=4`: so many frames of each second. Something that lasts a third of a second needs more than three.
# - `Options(detail="high")`: how finely each frame or picture is looked at. Gemini calls it media resolution.
#
# The tokens follow from them: of Gemini 3, a frame costs 70 (280 with high detail), its time stamps 7 a second, sound
# 32 a second. Sensorium's catalogue carries these figures with their dates, so you can ask it instead of the service:

# %%
from sensorium.core.catalog import image_tokens, usd, video_tokens

name = "gemini:gemini-3.8-flash"
for words, seconds, fps, detail in (
    ("all 12 s, 1 frame a second", 12, 1, "auto"),
    ("all 12 s, 4 frames a second", 12, 4, "auto"),
    ("all 12 s, 4 frames, high detail", 12, 4, "high"),
    ("the clip from 5 to 8 s, 4 frames", 3, 4, "auto"),
):
    print(f"{words}: {video_tokens(name, seconds, fps, has_sound=False, detail=detail).most:,} tokens")

# %% [markdown]
# Read the last line again. The question that finds the lorry costs *less* than the one that misses it. Looking finely
# is expensive only if you look everywhere. So ask twice: coarsely over the whole film for where something may be,
# then finely there. Lesson 18 does that for long films. (For a lorry between the frames, even the coarse look needs
# another sense: a sensor's log, the driver's ticket, a motion detector.)
#
# Pictures have the same setting. The maker states the most tokens; a small picture may take fewer:

# %%
for detail in ("low", "medium", "high"):
    tokens = image_tokens(name, 1000, 750, detail)
    print(f"a photo, {detail} detail: up to {tokens.most:,} tokens")

# %% [markdown]
# ## What is sent
#
# Here is the exact request, with the bytes left out. It was made, not sent. The parts stand in your order. The film's
# settings stand beside the film, the detail is one setting for the whole request.

# %%
from sensorium.hosted.gemini_contents import to_payload

clip = Video(find_lesson(11).folder / "film.mp4", start=5, end=8, fps=4)
chat = Conversation.of("Our sign:", Image(sample("sign.jpg")), "The ramp:", clip, "Which lorry comes, and when?")
payload = to_payload(chat, Options(detail="low", max_tokens=200), "gemini-3.8-flash", files={})


def short(value):
    """Say how many bytes, where JSON would be long."""
    return f"{len(value):,} bytes" if isinstance(value, bytes) else str(value)


print(json.dumps(payload, indent=1, default=short))

# %% [markdown]
# Files above 15 MB are uploaded first and deleted after the answer; you write the same line.

# %% [markdown]
# ## The price, before the call, and on the day of the call
#
# The catalogue knows prices by the day from which they hold. Guess before you run this: the same question, asked on
# the last day of 2026 and on the first day of 2027.

# %%
from datetime import date

one = Usage(input_tokens=960, output_tokens=60)
for day in (date(2026, 12, 31), date(2027, 1, 1)):
    print(f"1,000 such questions on {day}: {1000 * usd(name, one, day):.2f} US dollars")

# %% [markdown]
# Google announced that twofold price in advance (read on 29 November 2026). A budget that was made in autumn is spent
# by February. Ask for a forecast whenever you plan: `sensorium watch` prints one with `--dry-run`, without a key. Its
# figures are higher than ours, because it adds its own instructions, reckons with sound, and looks at its evidence a
# second time (the step "check").

# %%
from sensorium.lessons import shell

path = find_lesson(11).folder / "film.mp4"
forecast = shell(f'sensorium watch "{path}" "Which lorry comes?" --model {name} --dry-run')

# %% [markdown]
# ## Now ask
#
# With a key in `GEMINI_API_KEY` this asks twice, coarsely and finely, and prints what the service counted. Models
# that take no films (OpenAI's, Qwen3.5 or Llama 3.2 Vision on a server of yours) get the same clip as frames with
# their times. Names of November 2026.

# %% tags=["hosted"]
from sensorium.video import as_frames

question = "Which lorry comes, and when? If you see none, say so."
for larger_name in (name, "openai:gpt-6-luna", "vllm:Qwen/Qwen3.5-4B", "ollama:llama3.2-vision"):
    if larger := hosted(larger_name):
        for part in (film, clip):
            chat = Conversation.of(part, question)
            if larger_name != name:  # these get frames
                chat = as_frames(chat, larger.limits)
            reply = ask(larger, chat)
            print(f"{larger_name}: {reply.text}\n  {reply.usage.input_tokens} tokens in, {reply.usage.usd} US dollars")

# %% [markdown]
# ## Exercises
#
# **Catch the lorry.** Another lorry comes at about 6 seconds, give or take one, and is in the picture for a fifth of
# a second. Set `clip` to a `Video` of the file `path` that shows it in at least one frame, wherever the frames fall,
# for at most 1,500 tokens.

# %% exercise="catch"
clip = ...

# %%
check("11-gemini", "catch")

# %% [markdown]
# **The same camera, next year.** A shop asks one question about each of 2,000 clips of 30 seconds, without sound, one
# frame a second, at the usual detail. Each question has 25 tokens of words, each answer 40. Set `cost` to what that
# costs on 1 February 2027, in US dollars, with Gemini 3.8 Flash. Use `video_tokens`, `usd` and `Usage`.

# %% exercise="next_year"
cost = ...

# %%
check("11-gemini", "next_year")

# %% [markdown]
# ## What goes wrong
#
# - **"It isn't in the film."** The model means: not in the frames that I got. Where exactly a service takes its
#   frames isn't documented; count on the worst case, which is one frame in every 1/fps seconds.
# - **Fast things, slow frames.** For speed, counting of repetitions, a ball or a blink of a lamp, one frame a second
#   isn't a coarse look; it is another film.
# - **High detail for everything.** A frame costs four times as much then. Small print on a frame is often better
#   answered by one still picture of that moment.
# - **Thinking costs, too.** What the model thinks is counted as output, at the output's price, also if you never see
#   it. Compare `reply.usage` with your forecast after the first ten calls.
# - **Films leave the house.** People are in them. Cut the clip first: `sensorium watch` on this machine finds words,
#   speech and motion without sending anything.
# - In this project no paid model was asked. The request above was tested against a server on this machine; how well
#   Gemini answers is for you to measure.
#
# ## Sources
#
# - Google, *Video understanding*, https://ai.google.dev/gemini-api/docs/video-understanding, and *Media resolution*,
#   https://ai.google.dev/gemini-api/docs/media-resolution; prices: https://ai.google.dev/gemini-api/docs/pricing.
#   Read on 29 November 2026.
# - Gemini Team, *Gemini 1.5: Unlocking multimodal understanding across millions of tokens of context*, 2024,
#   arXiv:2403.05530.
