"""What the page's tabs do: pictures in, what is shown out. Each model is loaded when first asked.

A picture is a PIL image or an array, never a path: what comes here was sent by a browser.
"""

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import cache, wraps
from pathlib import Path
from queue import Queue
from threading import Event, RLock, Thread
from typing import Any

import numpy as np
from PIL import Image

from fivenets.core import images
from fivenets.core.errors import UserError

# The model that each tab asks for, by the tab's name.
MODELS = {
    "classify": "signs-cnn",
    "detect": "yolov2",
    "verify": "facenet",
    "identify": "facenet",
    "stylize": "style-transfer",
}
ROWS = ("object", "score", "left", "top", "right", "bottom")  # of the table of what was detected


LOADING = RLock()


def once(load: Callable[[], Any]) -> Callable[[], Any]:
    """`load`, whose result is kept, in one thread at a time.

    Gradio answers in several. Two that import TensorFlow at once find halves of its modules, which
    import each other in circles; so all that imports it comes after a call of one of these.
    """
    kept = cache(load)

    @wraps(load)
    def loaded() -> Any:
        with LOADING:
            return kept()

    return loaded


def available() -> dict[str, bool]:
    """Of each tab, whether its model is registered."""
    client = _store()
    names = {model.name for model in client.search_registered_models() if model.aliases}
    return {tab: name in names for tab, name in MODELS.items()}


def classify(picture: Any) -> dict[str, float]:
    """The probability of each label."""
    return _classifier().classify([_received(picture)])[0].probabilities


def detect(
    picture: Any, score_threshold: float, iou_threshold: float
) -> tuple[Image.Image, list[list]]:
    """The picture with boxes drawn, and a row of ROWS for each."""
    image_rgb_uint8, detector = _received(picture), _detector()
    from fivenets.detection import boxes, drawing

    profile = boxes.profile("course", score_threshold)
    found = detector.detect_in(image_rgb_uint8, replace(profile, iou_threshold=iou_threshold))
    rows = [
        [one.label, round(one.score, 3), *map(round, (one.x1, one.y1, one.x2, one.y2))]
        for one in found
    ]
    return drawing.draw(image_rgb_uint8, found, detector.labels), rows


def threshold() -> float:
    """The distance up to which the registered model takes two faces for one person's."""
    return round(_faces()[1].threshold, 3)


def verify(first: Any, second: Any, threshold: float) -> str:
    """Whether two pictures show one person, in words."""
    embedder, _ = _faces()
    one, other = embedder.embed([_received(first), _received(second)])
    distance = float(np.linalg.norm(one - other))
    word = "The same person" if distance <= threshold else "Two people"
    return f"**{word}**: distance {distance:.3f}, threshold {threshold:.3f}"


def identify(
    picture: Any, known: Sequence[tuple[Any, str | None]] | None, threshold: float
) -> tuple[Any, str]:
    """Whoever of the known people is nearest, and in words whether near enough.

    known: pictures of one person each, with a caption or none.
    Raises: UserError where a picture shows no face or several; it says which.
    """
    if not known:
        raise UserError("add pictures of the people to be known first, one person in each")
    embedder, calibration = _faces()
    from fivenets.faces.recognition import Gallery

    asked = embedder.embed([_received(picture)])
    rows = [_embedded(embedder, item, index) for index, (item, _) in enumerate(known, 1)]
    names = [caption or f"picture {index}" for index, (_, caption) in enumerate(known, 1)]
    gallery = Gallery(np.concatenate(rows), names, names, embedder.model_sha256)
    [match] = gallery.search(asked, threshold)
    nearest = f"nearest is {literal(names[match.entry])} at {match.distance:.3f}"
    word = f"**{literal(match.person)}**" if match.person else "**Not recognised**"
    words = f"{word}: {nearest}, threshold {threshold:.3f}"
    if calibration.identification:
        words += (
            f"\n\nAt the threshold of {calibration.threshold:.3f}: {calibration.identification}."
        )
    return known[match.entry][0], words


def stylize(
    content: Any, style: Any, size: float, iterations: float, style_scale: float, colours: str
) -> Generator[tuple[np.ndarray, str], None, None]:
    """The content in the style, again and again while it is painted, each with how far it is.

    Closing the iterator ends the painting. Args: fields of `style.transfer.Settings`.
    """
    images_rgb_uint8, stylizer = [_received(content), _received(style)], _stylizer()
    from fivenets.style import pictures
    from fivenets.style.stylizer import Result

    options = {"size": int(size), "iterations": int(iterations)}
    options |= {"style_scale": float(style_scale), "colours": colours}
    total = stylizer.with_options(options).total_iterations
    arrived: Queue[Any] = Queue()
    is_closed = Event()

    def paint() -> None:
        def observe(now: Any) -> None:
            if is_closed.is_set():
                raise UserError("nobody waits for this picture any more")
            arrived.put(now)

        try:
            arrived.put(
                stylizer.stylize(
                    images_rgb_uint8[0], images_rgb_uint8[1:], options=options, observe=observe
                )
            )
        except Exception as error:
            arrived.put(error)

    Thread(target=paint, daemon=True).start()
    try:
        while True:
            latest = arrived.get()
            while not arrived.empty():
                latest = arrived.get()
            if isinstance(latest, Exception):
                raise latest
            if isinstance(latest, Result):
                yield latest.image, f"{latest.iterations} iterations in {latest.seconds:.0f} s"
                return
            done = f"iteration {latest.iteration + 1} of at most {total}"
            loss = f"style loss {latest.losses['style_loss']:.3g}"
            yield pictures.to_uint8(latest.image), f"{done}, {latest.seconds:.0f} s, {loss}"
    finally:
        is_closed.set()


def literal(name: str) -> str:
    """A name in Markdown that shows it as it is: each mark that could mean something is escaped."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(name.split()))


def _embedded(embedder: Any, picture: Any, index: int) -> np.ndarray:
    try:
        return embedder.embed([_received(picture)])
    except UserError as error:
        raise UserError(f"of the known people, number {index}: {error}") from None


def _received(picture: Any) -> np.ndarray:
    """The picture as image_rgb_uint8.

    Raises: UserError where there is none, or what came is text, which could be a path.
    """
    if picture is None:
        raise UserError("a picture is missing: upload one, or take one of the examples")
    if isinstance(picture, str | Path):
        raise UserError("expected a picture, received text")
    return images.read_image(picture, "the picture")


@once
def _store() -> Any:
    from fivenets.runs import tracking

    return tracking.connect()


@once
def _classifier() -> Any:
    from fivenets.classification.classifier import Classifier
    from fivenets.runs import registry

    return Classifier.from_file(registry.model_file(MODELS["classify"]))


@once
def _detector() -> Any:
    from fivenets.detection.detector import Detector
    from fivenets.runs import registry

    return Detector.from_file(registry.model_file(MODELS["detect"])).for_inference()


@once
def _faces() -> tuple[Any, Any]:
    """The embedder and its calibration."""
    from fivenets.faces.embedder import Embedder, calibration_of
    from fivenets.runs import registry
    from fivenets.runs.tracking import project_folder

    file = registry.model_file(MODELS["verify"])
    return Embedder.from_file(file), calibration_of(file, project_folder() / "calibrations")


@once
def _stylizer() -> Any:
    from fivenets.runs import registry
    from fivenets.style.stylizer import Stylizer

    return Stylizer.from_file(registry.model_file(MODELS["stylize"]))
