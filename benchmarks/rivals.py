"""How long engines take for the same networks, in one process and taking turns.

    python benchmarks/rivals.py [NETWORK ...]

NETWORK is a registered name, or one of UNTRAINED; by default all of both. Every engine gets
pictures of 8 bits, of the network's size, and gives what `fivenets export` writes: preprocessing is
counted. Prints medians for one picture and, of the smaller networks, for 32. OpenCV reads the ONNX
file, or a detector's Darknet files; what is not installed, or cannot read a network, is named.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import openvino
from detection_inference import darknet_cfg, random_weights
from turns import medians

from fivenets.core import candidates
from fivenets.detection import darknet, model
from fivenets.detection.detector import Detector
from fivenets.exports import detection, formats, writing
from fivenets.exports.served import Served, named
from fivenets.fitting import engine, inference
from fivenets.runs import registry
from fivenets.style.features import vgg

REGISTERED = ("signs-cnn", "signs-resnet50", "yolov2", "facenet", "unet")
MANY, TURNS = 32, 15
Engine = Callable[[np.ndarray], Any]


@dataclass(frozen=True)
class Subject:
    """A network with its preprocessing inside, and what to ask it."""

    served: Served
    pictures: np.ndarray  # (n, height, width, 3) uint8
    many: int = MANY
    detector: Detector | None = None  # of a cfg, which OpenCV reads itself


def main(*names: str) -> None:
    print("| network | engine | one picture, ms | several, ms |\n| --- | --- | --- | --- |")
    missing: list[str] = []
    for name in names or (*REGISTERED, *UNTRAINED):
        subject = UNTRAINED[name]() if name in UNTRAINED else registered(name)
        with tempfile.TemporaryDirectory() as scratch:
            engines: dict[str, Engine] = {}
            for way, make in engines_of(subject, Path(scratch)):
                try:
                    engine = make()
                    engine(subject.pictures[:1])
                    engines[way] = engine
                except Exception as error:  # of many libraries, which name no kinds
                    why = str(error).strip().partition("\n")[0]
                    missing.append(f"{name} by {way} was not measured: {why}")
            several = np.resize(subject.pictures, (subject.many, *subject.pictures.shape[1:]))
            counts = (several[:1], several) if subject.many > 1 else (several,)
            took = [medians(engines, TURNS, pictures) for pictures in counts]
        for way in engines:
            cells = [f"{took[0][way]:.1f}", f"{took[1][way]:.0f}" if took[1:] else ""]
            print(f"| {name} | {way} | {' | '.join(cells)} |", flush=True)
    print("\n".join(missing))
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")


def registered(model: str) -> Subject:
    """A registered network and pictures of its test set."""
    candidate = candidates.find(registry.version_of(model).tags["model"])
    file = registry.model_file(model)
    served = writing.served_by(candidate, file)
    detector = detection.in_keras(file) if candidate.task == "detection" else None
    return Subject(served, served.pictures, detector=detector)


def yolov2() -> Subject:
    """YOLOv2 at 608 pixels. Its time does not depend on its numbers, which are random here."""
    network = darknet.parse_file(darknet_cfg("yolov2.cfg", Path("data/raw")))
    header, numbers = random_weights(network, seed=0)
    built = model.build(network)
    model.load(built, numbers)
    labels = [str(index) for index in range(network.classes)]
    detector = Detector(built, network, header, labels)
    as_served = detection.network(detector.for_inference("float32"))
    return untrained(as_served, network.input_shape[:2], many=1, detector=detector)


def vgg16() -> Subject:
    """The features that style transfer compares, of a picture of 400 pixels a side."""
    return untrained(named(vgg("vgg16_hed"), 1, ["features"]), (400, 400), many=1)


UNTRAINED: dict[str, Callable[[], Subject]] = {"yolov2-608": yolov2, "vgg16-400": vgg16}


def untrained(network: keras.Model, sides: tuple[int, ...], **options: Any) -> Subject:
    """A network of random numbers, asked about noise."""
    pictures = np.random.default_rng(0).integers(0, 256, (1, *sides, 3), np.uint8)
    served = Served(
        network=network,
        sides=(sides[0], sides[1]),
        preparation="",
        meanings={},
        also={},
        pictures=pictures,
        tested_on="noise",
        training=[],
        metric="",
        score=lambda _: 0.0,
        tolerance=0.0,
        apart=lambda *_: {},
    )
    return Subject(served, pictures, **options)


def engines_of(subject: Subject, scratch: Path) -> Iterator[tuple[str, Callable[[], Engine]]]:
    """What may be able to answer: name, and what makes it."""
    network = subject.served.network

    def by_keras() -> Engine:
        network.compile(jit_compile=inference.jit_compile())
        return network.predict_on_batch

    def exported(name: str) -> Engine:
        form, folder = formats.find(name, False), scratch / name
        folder.mkdir()
        form.write(subject.served, folder, None)
        return one_by_one(form.opened(folder)) if name == "litert" else form.opened(folder)

    def in_bfloat16() -> Engine:
        core = openvino.Core()
        if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise RuntimeError("this processor has no bfloat16")
        options = {**engine.OPTIONS, "INFERENCE_PRECISION_HINT": "bf16"}
        compiled = core.compile_model(scratch / "openvino" / "model.xml", "CPU", options)
        return lambda pictures: compiled({0: pictures})

    def by_opencv() -> Engine:
        if subject.detector:
            cfg, numbers, _ = subject.detector.write_darknet(scratch / "network")
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
    yield "OpenVINO, bfloat16", in_bfloat16
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
