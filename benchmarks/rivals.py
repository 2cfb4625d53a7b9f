"""How long engines take for the same networks, in one process and taking turns.

    python benchmarks/rivals.py [MODEL ...]

MODEL is a registered name; by default those of NETWORKS. Every engine gets pictures of 8 bits, of
the network's size, and gives what `fivenets export` writes: preprocessing is counted. Prints
medians for one picture and for 32. OpenCV reads the ONNX file, or a detector's Darknet files; what
is not installed, or cannot read a network, is named.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from turns import medians

from fivenets.core import candidates
from fivenets.exports import detection, formats, writing
from fivenets.exports.served import Served
from fivenets.fitting import inference
from fivenets.runs import registry

NETWORKS = ("signs-resnet50", "yolov2", "facenet", "unet")
MANY, TURNS = 32, 15
Engine = Callable[[np.ndarray], Any]


def main(*models: str) -> None:
    print("| network | engine | one picture, ms | 32 pictures, ms |\n| --- | --- | --- | --- |")
    missing: list[str] = []
    for model in models or NETWORKS:
        candidate = candidates.find(registry.version_of(model).tags["model"])
        file = registry.model_file(model)
        served = writing.served_by(candidate, file)
        with tempfile.TemporaryDirectory() as scratch:
            makers = dict(engines_of(served, file, candidate.task, Path(scratch)))
            engines: dict[str, Engine] = {}
            for name, make in makers.items():
                try:
                    engine = make()
                    engine(served.pictures[:1])
                    engines[name] = engine
                except Exception as error:  # of many libraries, which name no kinds
                    why = str(error).strip().partition("\n")[0]
                    missing.append(f"{model} by {name} was not measured: {why}")
            many = np.resize(served.pictures, (MANY, *served.pictures.shape[1:]))
            one, several = medians(engines, TURNS, many[:1]), medians(engines, TURNS, many)
        for name in engines:
            print(f"| {model} | {name} | {one[name]:.1f} | {several[name]:.0f} |", flush=True)
    print("\n".join(missing))
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")


def engines_of(
    served: Served, file: Path, task: str, scratch: Path
) -> Iterator[tuple[str, Callable[[], Engine]]]:
    """What may be able to answer: name, and what makes it."""
    network = served.network

    def by_keras() -> Engine:
        network.compile(jit_compile=inference.jit_compile())
        return network.predict_on_batch

    def exported(name: str) -> Engine:
        form, folder = formats.find(name, False), scratch / name
        folder.mkdir()
        form.write(served, folder, None)
        return one_by_one(form.opened(folder)) if name == "litert" else form.opened(folder)

    def by_opencv() -> Engine:
        if task == "detection":
            cfg, numbers, _ = detection.in_keras(file).write_darknet(scratch / "network")
            return asked_of_opencv(cv2.dnn.readNetFromDarknet(str(cfg), str(numbers)), 1 / 255)
        return asked_of_opencv(cv2.dnn.readNetFromONNX(str(scratch / "onnx" / "model.onnx")), 1)

    def by_torch() -> Engine:
        import torch
        from onnx2torch import convert

        found = convert(str(scratch / "onnx" / "model.onnx")).eval()

        def ask(pictures: np.ndarray) -> Any:
            with torch.inference_mode():
                return found(torch.from_numpy(pictures))

        return ask

    yield "Keras, compiled", by_keras
    yield "OpenVINO, as served", lambda: exported("openvino")
    yield "LiteRT, one by one", lambda: exported("litert")
    yield "SavedModel", lambda: exported("saved_model")
    yield "ONNX Runtime", lambda: exported("onnx")
    yield "OpenCV", by_opencv
    yield "PyTorch", by_torch


def one_by_one(ask: Engine) -> Engine:
    """An engine that takes a picture at a time."""
    return lambda pictures: [ask(picture[None]) for picture in pictures]


def asked_of_opencv(network: Any, scale: float) -> Engine:
    """Channels first, as OpenCV wants them."""

    def ask(pictures: np.ndarray) -> Any:
        planes = pictures.transpose(0, 3, 1, 2) if scale != 1 else pictures
        network.setInput(np.ascontiguousarray(planes, np.float32) * scale)
        return network.forward(network.getUnconnectedOutLayersNames())

    return ask


if __name__ == "__main__":
    main(*sys.argv[1:])
