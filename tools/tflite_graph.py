"""Turns a TensorFlow Lite file of a small convolutional network into an ONNX graph.

It knows the dozen operators that MediaPipe's face networks use. Pictures are (N, H, W, C) in TensorFlow and (N, C, H, W) in
ONNX, so weights, paddings and slopes are transposed here, once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import tflite
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_DTYPES = {0: np.float32, 1: np.float16, 2: np.int32}
_TO_NCHW, _TO_NHWC = (0, 3, 1, 2), (0, 2, 3, 1)
_OPERATORS = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}


class Graph:
    """The nodes and constants of an ONNX graph that grows.

    Args:
        path: a TensorFlow Lite file with one subgraph and one input.

    Attributes:
        outputs: names of the results, in the order of the file.
    """

    def __init__(self, path: Path) -> None:
        self.model = tflite.Model.GetRootAsModel(path.read_bytes(), 0)
        self.source = self.model.Subgraphs(0)
        self.nodes: list[Any] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self.flat: set[str] = set()  # tensors that are no pictures, so they keep TensorFlow's order of the axes
        self.known: dict[int, NDArray[Any]] = {}
        (self.input,) = (int(i) for i in self.source.InputsAsNumpy())
        for index in range(self.source.OperatorsLength()):
            self._convert(self.source.Operators(index))
        self.outputs = [self.name(int(i)) for i in self.source.OutputsAsNumpy()]

    def name(self, index: int) -> str:
        """The name of a tensor."""
        return f"t{index}"

    def shape(self, index: int) -> tuple[int, ...]:
        """The shape of a tensor in the file."""
        return tuple(int(v) for v in self.source.Tensors(index).ShapeAsNumpy())

    def constant(self, index: int) -> NDArray[Any] | None:
        """The value of a constant tensor; ``None`` for one that is computed."""
        if index in self.known:
            return self.known[index]
        tensor = self.source.Tensors(index)
        data = self.model.Buffers(tensor.Buffer()).DataAsNumpy()
        if isinstance(data, int) or not len(data):
            return None
        return np.frombuffer(data.tobytes(), _DTYPES[tensor.Type()]).reshape(self.shape(index))

    def hold(self, value: NDArray[Any]) -> str:
        """Keeps a constant and returns its name."""
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Adds a node and returns the name of its output."""
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _convert(self, operator: Any) -> None:
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        kind = _OPERATORS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        inputs = [int(i) for i in operator.InputsAsNumpy()]
        (output,) = (int(i) for i in operator.OutputsAsNumpy())
        options = operator.BuiltinOptions()
        _TABLE[kind](self, inputs, output, options)

    def activated(self, name: str, output: int, kind: int) -> None:
        """The output of an operator, after the activation that the file fuses into it."""
        if kind == tflite.ActivationFunctionType.RELU:
            self.node("Relu", [name], self.name(output))
        elif kind == tflite.ActivationFunctionType.NONE:
            self.node("Identity", [name], self.name(output))
        else:
            raise ValueError(f"activation {kind} is not supported")


def _options(table: Any, kind: Any) -> Any:
    options = kind()
    options.Init(table.Bytes, table.Pos)
    return options


def _pads(kind: int) -> str:
    return "SAME_UPPER" if kind == tflite.Padding.SAME else "VALID"


def _convolution(graph: Graph, inputs: list[int], output: int, table: Any, depthwise: bool) -> None:
    options = _options(table, tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions)
    weights, bias = graph.constant(inputs[1]), graph.constant(inputs[2])
    if weights is None or bias is None:
        raise ValueError("a convolution without constant weights is not supported")
    order = (3, 0, 1, 2) if depthwise else _TO_NCHW
    kernel = np.ascontiguousarray(weights.transpose(order))
    done = graph.node(
        "Conv",
        [graph.name(inputs[0]), graph.hold(kernel), graph.hold(bias)],
        f"{graph.name(output)}_linear",
        kernel_shape=kernel.shape[2:],
        strides=[options.StrideH(), options.StrideW()],
        dilations=[options.DilationHFactor(), options.DilationWFactor()],
        group=kernel.shape[0] if depthwise else 1,
        auto_pad=_pads(options.Padding()),
    )
    graph.activated(done, output, options.FusedActivationFunction())


def _prelu(graph: Graph, inputs: list[int], output: int, table: Any) -> None:
    slope = graph.constant(inputs[1])
    if slope is None or slope.shape[:2] != (1, 1):
        raise ValueError("a PReLU needs one constant slope for each channel")
    below = np.ascontiguousarray(slope.transpose(2, 0, 1))
    name, result = graph.name(inputs[0]), graph.name(output)
    # slope * x + (1 - slope) * relu(x): the PReLU of ONNX Runtime took four fifths of the time of the whole network.
    low = graph.node("Mul", [name, graph.hold(below)], f"{result}_low")
    positive = graph.node("Relu", [name], f"{result}_relu")
    high = graph.node("Mul", [positive, graph.hold(1 - below)], f"{result}_high")
    graph.node("Add", [low, high], result)


def _relu(graph: Graph, inputs: list[int], output: int, table: Any) -> None:
    graph.node("Relu", [graph.name(inputs[0])], graph.name(output))


def _add(graph: Graph, inputs: list[int], output: int, table: Any) -> None:
    done = graph.node("Add", [graph.name(i) for i in inputs], f"{graph.name(output)}_linear")
    graph.activated(done, output, _options(table, tflite.AddOptions).FusedActivationFunction())


def _max_pool(graph: Graph, inputs: list[int], output: int, table: Any) -> None:
    options = _options(table, tflite.Pool2DOptions)
    done = graph.node(
        "MaxPool",
        [graph.name(inputs[0])],
        f"{graph.name(output)}_linear",
        kernel_shape=[options.FilterHeight(), options.FilterWidth()],
        strides=[options.StrideH(), options.StrideW()],
        auto_pad=_pads(options.Padding()),
    )
    graph.activated(done, output, options.FusedActivationFunction())


def _pad(graph: Graph, inputs: list[int], output: int, table: Any) -> None:
    widths = graph.constant(inputs[1])
    if widths is None:
        raise ValueError("a padding of changing width is not supported")
    turned = widths[list(_TO_NCHW)].astype(np.int64)
    graph.node("Pad", [graph.name(inputs[0]), graph.hold(turned.T.reshape(-1))], graph.name(output))


def _reshape(graph: Graph, inputs: list[int], output: int, table: Any) -> None:
    name = graph.name(inputs[0])
    if name not in graph.flat and len(graph.shape(inputs[0])) == 4:
        name = graph.node("Transpose", [name], f"{graph.name(output)}_nhwc", perm=_TO_NHWC)
    sizes = np.asarray([-1, *graph.shape(output)[1:]], np.int64)
    graph.node("Reshape", [name, graph.hold(sizes)], graph.name(output))
    graph.flat.add(graph.name(output))


def _concat(graph: Graph, inputs: list[int], output: int, table: Any) -> None:
    if not all(graph.name(i) in graph.flat for i in inputs):
        raise ValueError("pictures cannot be put together")
    axis = _options(table, tflite.ConcatenationOptions).Axis()
    graph.node("Concat", [graph.name(i) for i in inputs], graph.name(output), axis=axis)
    graph.flat.add(graph.name(output))


def _dequantize(graph: Graph, inputs: list[int], output: int, table: Any) -> None:
    half = graph.constant(inputs[0])
    if half is None or half.dtype != np.float16:
        raise ValueError("only constants stored as float16 are supported")
    graph.known[output] = half.astype(np.float32)


def _resize(graph: Graph, inputs: list[int], output: int, table: Any) -> None:
    options = _options(table, tflite.ResizeBilinearOptions)
    if options.AlignCorners():
        raise ValueError("aligned corners are not supported")
    large, small = (np.asarray(graph.shape(i), np.float32) for i in (output, inputs[0]))
    factors = (large / small)[list(_TO_NCHW)]
    where = "half_pixel" if options.HalfPixelCenters() else "asymmetric"
    held = graph.hold(factors)
    names = [graph.name(inputs[0]), "", held]
    graph.node("Resize", names, graph.name(output), mode="linear", coordinate_transformation_mode=where)


_TABLE: dict[str, Callable[[Graph, list[int], int, Any], None]] = {
    "CONV_2D": lambda g, i, o, t: _convolution(g, i, o, t, depthwise=False),
    "DEPTHWISE_CONV_2D": lambda g, i, o, t: _convolution(g, i, o, t, depthwise=True),
    "PRELU": _prelu,
    "RELU": _relu,
    "ADD": _add,
    "MAX_POOL_2D": _max_pool,
    "PAD": _pad,
    "RESHAPE": _reshape,
    "CONCATENATION": _concat,
    "DEQUANTIZE": _dequantize,
    "RESIZE_BILINEAR": _resize,
}


class Result(NamedTuple):
    """One output of an ONNX model: its name, the shape of one picture's values, and whether a sigmoid follows."""

    name: str
    shape: tuple[int, ...]
    squash: bool = False


def to_onnx(graph: Graph, scale: float, shift: float, results: Sequence[Result]) -> Any:
    """The ONNX model. Its input ``pixels`` is uint8 RGB (N, H, W, 3), which becomes ``pixels * scale + shift``.

    Args:
        graph: the network.
        scale, shift: what the network expects.
        results: the outputs, in the order of the file.
    """
    height, width = graph.shape(graph.input)[1:3]
    first = [
        helper.make_node("Cast", ["pixels"], ["as_float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["as_float", graph.hold(np.asarray(scale, np.float32))], ["scaled"]),
        helper.make_node("Add", ["scaled", graph.hold(np.asarray(shift, np.float32))], ["shifted"]),
        helper.make_node("Transpose", ["shifted"], [graph.name(graph.input)], perm=_TO_NCHW),
    ]
    last, outputs = [], []
    for inner, (name, shape, squash) in zip(graph.outputs, results, strict=True):
        held = graph.hold(np.asarray([-1, *shape], np.int64))
        last.append(helper.make_node("Reshape", [inner, held], [f"{name}_raw" if squash else name]))
        if squash:
            last.append(helper.make_node("Sigmoid", [f"{name}_raw"], [name]))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape]))
    made = helper.make_graph(
        [*first, *graph.nodes, *last],
        "face",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", height, width, 3])],
        outputs,
        [numpy_helper.from_array(value, name) for name, value in graph.constants.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model
