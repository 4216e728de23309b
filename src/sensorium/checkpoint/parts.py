"""Which weights of a model belong to its language, its connector and its vision part, by their names.

The library's classes name their parts alike; a part that isn't known is "other", never taken for language.
"""

from __future__ import annotations

import re

LANGUAGE, CONNECTOR, VISION, OTHER = "language", "connector", "vision", "other"

_SEGMENTS = (
    # before language: Q-Formers have layers, too, and BLIP-2's language_projection is no language
    (OTHER, re.compile(r"audio\w*|embed_audio|generation_\w+|vqmodel|lm_head|score|depth_decoder|router|detector\w*")),
    (CONNECTOR, re.compile(
        r"(?!patch_)\w*(projector|projection|aligner|connector|merger|resampler|abstractor|qformer|q_former)\w*|"
        r"\w*vision_adapter|deepstack\w*|mlp1|mlp_AR|embed_vision|vision_embed_tokens|query_tokens|latent_query")),
    (VISION, re.compile(r"\w*(vision|visual|image|video)_?(tower|model|encoder|embed)?|vpm|visual\w*|encoder")),
    (LANGUAGE, re.compile(r"language_model|text_model|text_decoder|decoder|llm|thinker|talker|layers|"
                          r"gated_cross_attn_layers|h|embed_tokens|norm")),
)  # fmt: skip


def part_of(name: str) -> str:
    """Return the part of a module or weight by its name: "language", "connector", "vision" or "other".

    The first segment that names a part decides; within a vision part a connector may follow (Qwen's merger).
    """
    part = ""
    for segment in name.split("."):
        kind = next((kind for kind, pattern in _SEGMENTS if pattern.fullmatch(segment)), "")
        if kind == OTHER and (not part or segment in ("router", "lm_head")):
            return OTHER  # a mixture's router returns a pair, which LoRA can't add to
        if kind in (CONNECTOR, LANGUAGE) and not part:
            part = kind
        elif kind == VISION and not part:
            part = VISION
        elif kind == CONNECTOR and part == VISION:
            return CONNECTOR
    return part or OTHER
