"""checkpoint/load: adapters, bits, types; every way in which a name may not load says what to type."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import tiny
from library import answers, decoded, noise

from sensorium import Conversation, Options, ask
from sensorium.backends.transformers.chat import model
from sensorium.checkpoint.load import loading_errors
from sensorium.core.errors import AccessError, InputError, InstallError, SensoriumError, ServiceError

# peft still asks transformers by an old name
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

CHAT = Conversation.of(noise(1), "What is this?")
OPTIONS = Options(max_tokens=8)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.idefics3(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a LoRA adapter with random weights."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    folder = tmp_path_factory.mktemp("adapter")
    config = LoraConfig(r=2, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    with torch.random.fork_rng([]):
        torch.manual_seed(3)
        tuned = get_peft_model(AutoModelForImageTextToText.from_pretrained(base), config)
    with torch.no_grad():
        for name, weight in tuned.named_parameters():
            if "lora_B" in name:
                weight.mul_(40)
    tuned.save_pretrained(folder)
    return folder


def test_an_adapter_is_the_librarys_adapted_model(base: Path, adapter: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForImageTextToText

    made = model(f"{base}+{adapter}")
    said = ask(made, CHAT, OPTIONS).text
    plain = model(str(base))
    assert said != ask(plain, CHAT, OPTIONS).text

    class Direct:
        class checkpoint:
            model_type, processor = "idefics3", plain.checkpoint.processor
            model = PeftModel.from_pretrained(AutoModelForImageTextToText.from_pretrained(base), adapter).eval()

    (ids,) = answers(Direct, [CHAT], 8)
    assert said == decoded(Direct, ids)


def test_an_adapters_folder_alone_says_its_base(base: Path, adapter: Path, tmp_path: Path) -> None:
    assert json.loads((adapter / "adapter_config.json").read_text())["base_model_name_or_path"] == str(base)
    assert ask(model(str(adapter)), CHAT, OPTIONS).text == ask(model(f"{base}+{adapter}"), CHAT, OPTIONS).text
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(InputError, match="which model it belongs to") as caught:
        model(str(tmp_path))
    assert f"transformers:BASE+{tmp_path}" in caught.value.hint


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one whose layers all are at least 32 wide: the 4-bit kernel takes no narrower ones."""
    vision = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 2}
    return tiny.idefics3(
        tmp_path_factory.mktemp("wide"), vision=vision, hidden_size=64, intermediate_size=128, num_key_value_heads=4
    )


@pytest.mark.parametrize("bits", [4, 8])
def test_weights_in_few_bits(bits: int, wide: Path) -> None:
    import torch

    made = model(f"{wide}?bits={bits}")
    kinds = {type(part).__name__ for part in made.checkpoint.model.modules()}
    assert {4: "Linear4bit", 8: "Linear8bitLt"}[bits] in kinds
    (ids,) = answers(made, [CHAT], 8)
    made.forget()
    assert ask(made, CHAT, OPTIONS).text == decoded(made, ids)
    assert made.checkpoint.model.dtype == torch.float32


def test_an_adapter_on_few_bits(base: Path, adapter: Path) -> None:
    made = model(f"{base}+{adapter}?bits=8")
    assert type(made.checkpoint.model).__name__ == "PeftModel"
    assert ask(made, CHAT, OPTIONS).usage.output_tokens == 8


def test_the_type_is_what_suits_the_cpu_or_what_is_said(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    assert model(str(base)).checkpoint.model.dtype == torch.float32
    made = model(f"{base}?dtype=bfloat16")
    assert made.checkpoint.model.dtype == torch.bfloat16
    (ids,) = library_in_bfloat16(made)
    assert ask(made, CHAT, OPTIONS).text == decoded(made, ids)
    monkeypatch.setattr("sensorium.checkpoint.device.memory_bytes", lambda: 100_000)
    assert model(str(base)).checkpoint.model.dtype == torch.bfloat16


def library_in_bfloat16(made: Any) -> list[list[int]]:
    import library
    import torch

    given = library.inputs(made.checkpoint.processor, [CHAT]).to(dtype=torch.bfloat16)
    return library.generated(made.checkpoint.model, given, 8)


def test_nothing_is_printed_while_loading(base: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ask(model(str(base)), CHAT, OPTIONS)
    assert capfd.readouterr() == ("", "")


def written(folder: Path, config: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(config)
    return str(folder)


def test_folders_that_hold_no_vision_language_model(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    text = json.dumps({"model_type": "llama"})
    own = json.dumps({"model_type": "phi3_v", "auto_map": {"AutoConfig": "evil.Config"}})
    for name, said in (
        (str(tmp_path / "empty"), "no config.json"),
        (written(tmp_path / "broken", "{"), "can't be loaded"),
        (written(tmp_path / "strange", '{"model_type": "no-such-type"}'), "can't be loaded"),
        (written(tmp_path / "text", text), "isn't a vision-language model: its type is 'llama'"),
        (written(tmp_path / "own", own), "runs code of its own"),
        (str(tmp_path / "nowhere"), "does not exist"),
        ("a/b/c", "folder 'a/b/c' does not exist"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            model(name)
        assert caught.value.hint


def test_weights_that_are_missing_or_broken(base: Path, tmp_path: Path) -> None:
    for file in base.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes((base / "model.safetensors").read_bytes()[:5000])
    with pytest.raises(InputError, match="can't be loaded"):
        model(str(tmp_path))
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(InputError, match="can't be loaded"):
        model(str(tmp_path))


def test_a_model_that_is_not_here(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="'some-org/some-model' is not on this machine") as caught:
        model("some-org/some-model")
    assert "hf download some-org/some-model" in caught.value.hint


def test_what_the_hub_refuses_is_said() -> None:
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    def refused(error: Exception) -> SensoriumError:
        with pytest.raises(SensoriumError) as caught, loading_errors("meta-llama/Llama-3.2-11B-Vision-Instruct"):
            try:
                raise error
            except Exception as cause:
                raise OSError("You are trying to access a gated repo.") from cause
        return caught.value

    response = _response(403)
    gated = refused(GatedRepoError("403 Client Error", response=response))
    assert isinstance(gated, AccessError) and "licence must be accepted" in gated.message
    assert "https://huggingface.co/meta-llama/Llama-3.2-11B-Vision-Instruct" in gated.hint
    assert "hf auth login" in gated.hint
    private = refused(RepositoryNotFoundError("404 Client Error", response=response))
    assert isinstance(private, AccessError) and "or it is private" in private.message


def _response(code: int) -> Any:
    from huggingface_hub.errors import HfHubHTTPError

    module = sys.modules[HfHubHTTPError.__mro__[1].__module__.partition(".")[0]]
    return module.Response(code, request=module.Request("GET", "https://huggingface.co"))


@pytest.mark.parametrize(
    ("module", "name", "said"),
    [
        ("transformers", "{base}", "Checkpoints need packages"),
        ("peft", "{base}+{adapter}", "need the package peft"),
    ],
)
def test_a_missing_package_says_what_to_type(
    module: str, name: str, said: str, base: Path, adapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InstallError, match=said) as caught:
        model(name.format(base=base, adapter=adapter))
    assert caught.value.hint == 'Type: pip install "sensorium[hf]"'


def test_bits_need_their_package(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import util

    found = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *rest: None if name == "bitsandbytes" else found(name, *rest))
    with pytest.raises(InstallError, match="bits=4 needs bitsandbytes"):
        model(f"{base}?bits=4")


def test_a_device_that_is_not_there(base: Path) -> None:
    for device in ("cuda:7", "nonsense"):
        with pytest.raises(InputError, match=device):
            model(f"{base}?device={device}")


def _gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


@pytest.mark.gpu
@pytest.mark.skipif(not _gpu(), reason="needs a GPU")
def test_on_a_gpu_it_is_bfloat16_and_the_librarys_words(base: Path) -> None:
    import library
    import torch

    made = model(str(base))
    assert made.checkpoint.model.device.type == "cuda" and made.checkpoint.model.dtype == torch.bfloat16
    given = library.inputs(made.checkpoint.processor, [CHAT]).to(made.checkpoint.model.device, dtype=torch.bfloat16)
    (ids,) = library.generated(made.checkpoint.model, given, 8)
    assert ask(made, CHAT, OPTIONS).text == decoded(made, ids)
    again = ask(made, Conversation.of(noise(1), "What is that?"), OPTIONS)
    assert again.usage.cached_tokens
