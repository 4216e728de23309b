# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Short films
#
# Piotr is a physiotherapist. His patients film themselves at home: twenty seconds, a chair, a few words. In the evening
# forty such films wait for him, and he wants to know which of them to watch first. "What did she do, how often, and
# what was she doing when it hurt?"
#
# The last question is in no frame, and in no sound either: the pain is in what she says, the movement in what is seen.
# In this lesson you build the answer from small models, each of which knows one thing. And you meet the mistake that
# makes most "action recognition" blind: it throws the order away.

# %%
import numpy as np

from sensorium import Audio, Conversation, Image, Video, ask, load
from sensorium.lessons import check, hosted, sample, show
from sensorium.media.video import frames_at
from sensorium.video import as_frames, motion

film = Video(sample("exercise.mp4"))
frames = frames_at(film, np.arange(6, 8, 1 / 8))
show(Image(frames[8].pixels), "A drawn person in front of a chair, half way between sitting and standing.")

# %% [markdown]
# ## One frame has no verb
#
# Is she getting up or sitting down? The frame can't tell you. Nobody could: both movements pass through it. The frames
# before and after decide. `motion` compares neighbouring frames. Give it two seconds forwards, then the same backwards:

# %%
for name, clip_frames in (("forwards", frames), ("backwards", frames[::-1])):
    print(name, [str(movement) for movement in motion(clip_frames).movements])

# %% [markdown]
# ## The idea: a bag of frames has no time
#
# A common recipe for recognising actions: embed some frames, take the mean, compare it with the means of clips that you
# know. That mean is a *bag*: it says what was seen and forgets when.
#
# ![Above, four frames of someone who gets up; below, the same four frames from right to left, someone who sits down.
# Both rows go into a bag, and both bags are equal. With a second number, late frames minus early frames, one gets an
# arrow up and the other an arrow down.](bag.png)
#
# Let's try it. `moves.mp4` has six people, each of whom stands up, sits down, raises an arm and lowers it. The first
# one is the *example* for each movement, one shot; the other twenty clips are to be named.

# %%
MOVES = ("stands up", "sits down", "raises an arm", "lowers an arm")
moves, embedder = Video(sample("moves.mp4")), load("offline", role="embedder")


def clip(person, move):
    """Return two seconds of moves.mp4."""
    start = 2 * (4 * person + MOVES.index(move))
    return Video(sample("moves.mp4"), start=start, end=start + 2)


rows = {
    (person, move): embedder.embed(
        [Image(frame.pixels) for frame in frames_at(moves, clip(person, move).start + np.arange(0.25, 2, 0.5))]
    )
    for person in range(6)
    for move in MOVES
}


def named(vector):
    """Return for each clip of the other five people the move of the nearest example, and the truth."""
    known = {move: vector(rows[0, move]) for move in MOVES}

    def nearest(key):
        query = vector(rows[key])
        return max(MOVES, key=lambda move: known[move] @ query / np.linalg.norm(known[move]) / np.linalg.norm(query))

    return [(nearest(key), key[1]) for key in rows if key[0] > 0]


def bag(of):
    return of.mean(axis=0)


def late_minus_early(of):
    return of[len(of) // 2 :].mean(axis=0) - of[: len(of) // 2].mean(axis=0)


for vector in (bag, late_minus_early):
    results = named(vector)
    right = sum(said == truth for said, truth in results)
    limb = sum((said in MOVES[:2]) == (truth in MOVES[:2]) for said, truth in results)
    print(f"{vector.__name__}: {right} of {len(results)} right; legs or arm: {limb} right")
pair = [row / np.linalg.norm(row) for row in (bag(rows[0, "stands up"]), bag(rows[0, "sits down"]))]
print(f"how alike the bags of standing up and of sitting down are: {pair[0] @ pair[1]:.4f}")

# %% [markdown]
# The same model, the same frames, the same four examples. The bag tells legs from arms, and then tosses a coin for
# the direction. One subtraction, and it knows. Ask of every video model that you try: *what does it say if I play the
# film backwards?*
#
# ## A chain: each model knows one thing
#
# Now Piotr's film. Scenes tell where one thing ends and the next begins; in each the words on the screen are read, the
# movement of every two seconds is named, and what is said is transcribed with its times. Everything becomes a note of
# one kind: from when to when, what, and by which sense.

# %%
from sensorium.video.scenes import scenes
from sensorium.video.watch import TimedEvidence

parts = scenes(film.blob)
print([f"{part.start:g} to {part.end:g} s" for part in parts])

# %%
eyes, ears, notes = load("offline"), load("whisper", role="transcriber"), []
for part in parts:
    middle = frames_at(film, [(part.start + part.end) / 2])[0]
    reply = ask(eyes, Image(middle.pixels), "What does it say?")
    if "no text" not in reply.text:
        notes.append(TimedEvidence(part.start, part.end, reply.text.replace("\n", ", "), "read"))
    for start in np.arange(part.start, part.end, 2):
        for movement in motion(frames_at(film, np.arange(start, min(start + 2, part.end), 1 / 8))).movements:
            notes.append(TimedEvidence(movement.start, movement.end, str(movement), "moves"))

spoken = []
for word in ears.transcribe(Audio(film.blob), "en").words:
    spoken.append(word)
    if word.text.endswith((".", "?", "!")):
        notes.append(TimedEvidence(spoken[0].start, word.end, " ".join(each.text for each in spoken), "heard"))
        spoken = []
notes.sort(key=lambda note: note.start)
for note in notes:
    print(f"{note.start:5.1f} to {note.end:4.1f} s, {note.source}: {note.text}")

# %% [markdown]
# ## The answer comes from notes
#
# "How often did she get up?" is a count of notes. "What was she doing when it hurt?" joins two senses: find the note
# that was heard, then those that moved at the same time.

# %%
print("got up", sum(note.source == "moves" and note.text.endswith("up") for note in notes), "times")
pain = next(note for note in notes if note.source == "heard" and "hurts" in note.text)
print("when it hurt:", {n.text for n in notes if n.source == "moves" and n.start < pain.end and n.end > pain.start})

# %% [markdown]
# Every answer can be shown: at 20.8 seconds, listen; at 20 seconds, look. A chain is as good as its weakest link, but
# you can see which one that is. Free questions about the notes are for a language model, and here comes the second
# gain: it gets a few hundred tokens of text instead of a film, and the film doesn't leave Piotr's practice.

# %% tags=["hosted"]
lines = "\n".join(f"{note.start:.1f}-{note.end:.1f} s, {note.source}: {note.text}" for note in notes)
question = "These are notes on a film of an exercise. What was the patient doing when it hurt? Give the seconds."
for name in ("gemini:gemini-3.8-flash", "openai:gpt-6-luna", "vllm:Qwen/Qwen3.5-4B"):
    if larger := hosted(name):
        print(name, ask(larger, lines, question).text)

# %% [markdown]
# ## Examples that are films
#
# A larger vision model can be shown examples as well: clip, answer, clip, answer, and the clip that is asked about.
# `as_frames` makes frames with their times of each clip, for models that take no films. Here the same question is asked
# forwards and, as a test, with the answers of the examples exchanged: a model that follows the examples must change its
# answer (names of November 2026).

# %% tags=["hosted"]
for name in ("gemini:gemini-3.8-flash", "openai:gpt-6-luna", "vllm:Qwen/Qwen3.5-4B"):
    if larger := hosted(name):
        for up, down in (("stands up", "sits down"), ("sits down", "stands up")):
            shots = Conversation.of("Film:", clip(0, "stands up"), f"Answer: {up}", "Film:", clip(1, "sits down"),
                                    f"Answer: {down}", "Film:", clip(2, "stands up"), "Answer as above.")  # fmt: skip
            print(name, ask(larger, as_frames(shots, larger.limits, count=4)).text)

# %% [markdown]
# ## Exercises
#
# **A vector that knows the order.** Write `clip_vector(rows)`: from the embeddings of a clip's frames, one row a frame,
# one vector that is as long for four frames as for eight, and that changes if the frames come in reverse order.

# %% exercise="order"
clip_vector = ...

# %%
check("17-short-films", "order")

# %% [markdown]
# **Examples that are films.** Set `chat` to a conversation with two examples, `clip(0, "stands up")` and
# `clip(1, "sits down")`, each followed by its answer in words, and then the question about `clip(2, "stands up")`.

# %% exercise="shots"
chat = ...

# %%
check("17-short-films", "shots")

# %% [markdown]
# **What happens meanwhile?** Write `during(notes, start, end)`: all notes that share some time with that span, also
# those that began before or end later. A note that ends just where the span begins shares none.

# %% exercise="during"
during = ...

# %%
check("17-short-films", "during")

# %% [markdown]
# ## What goes wrong
#
# - **The background answers.** A pool means swimming, a pitch means football: many benchmarks can be solved from one
#   frame. The frames in reverse order, or in random order, show whether yours can.
# - **The sentence in the middle of two clips.** Cut every two seconds, and a movement is cut in half: above one walk
#   became two notes, and of getting up from 13 to 15 seconds only the second half was noticed. Let clips overlap, and
#   join neighbours that say the same.
# - **Letters that are liked.** Asked "A or B, which comes first?", small models prefer a letter. `which_first` in
#   `sensorium.video.actions.order` asks both ways round and counts only answers that agree.
# - **Drawn films are kind.** `motion` named the direction in 113 of 120 drawn clips of two seconds and was right in all
#   of those; things that grow or come nearer were missed in 6 of 20. It says "something": who or what, it doesn't know.
#   Films of real hands and people were not measured here.
# - **Wrong early, wrong for good.** If Whisper hears "nurse" for "hurts", no later model repairs it. Keep the times, so
#   that somebody can listen.
#
# ## Sources
#
# - Goyal and others, *The "something something" video database for learning and evaluating visual common sense*, ICCV
#   2017, arXiv:1706.04261: actions that need the order.
# - Wei and others, *Learning and Using the Arrow of Time*, CVPR 2018.
# - Zhou and others, *Temporal Relational Reasoning in Videos*, ECCV 2018, arXiv:1711.08496.
# - Zeng and others, *Socratic Models: Composing Zero-Shot Multimodal Reasoning with Language*, ICLR 2023,
#   arXiv:2204.00598: models that tell each other in words.
# - Tong and others, *VideoMAE*, NeurIPS 2022, arXiv:2203.12602, and Bertasius and others, *Is Space-Time Attention All
#   You Need for Video Understanding?* (TimeSformer), ICML 2021, arXiv:2102.05095: models of clips; here as `videomae:`
#   and `timesformer:`.
