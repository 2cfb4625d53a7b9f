"""Pictures a second from file to embedding, and faces found: `python benchmarks/face_search.py`.

Of LFW (in a mirror), by this project's search one by one and in batches, and by the package mtcnn's
own loop; each embedding is the mean of a face's and its mirror image's, as it is served. Wall time
is of a quiet machine only; CPU time beside it also of a busy one.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from mtcnn import MTCNN

from fivenets.core import params
from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.faces import alignment, cropping, dlib_resnet
from fivenets.faces.embedder import Embedder
from fivenets.faces.face import Found
from fivenets.faces.settings import Conversion
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch

PICTURES, BATCH = 200, 25
SAME_PLACE = 0.1  # of a face's side: two searches find its points as near as that to each other
KEYPOINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")


def main() -> None:
    lfw = fetch(ASSETS["lfw"], Path("data/raw"), "real")
    weights = dlib_resnet.fetched(Path("data/raw"), "auto")
    if lfw is None or weights is None:
        raise SystemExit("LFW and the network's weights are needed")
    files = np.random.default_rng(0).permutation(sorted(lfw.folder.glob("*/*.jpg")))[:PICTURES]
    settings = params.settings(Conversion, "facenet-resnet", "convert")
    network = dlib_resnet.convert(weights.folder, seed=0)
    embedder = Embedder(network, test_time_mirror=settings.test_time_mirror)
    package = MTCNN()
    largest, central = (
        alignment.find([read_image(file) for file in files], list(map(str, files)), which)
        for which in ("largest", "centre")
    )
    others = sum(are_two(one, other) for one, other in zip(largest, central, strict=True))
    print(json.dumps({"largest_is_not_central": others}))

    def by_package(pictures: list[np.ndarray]) -> list[np.ndarray | None]:
        return [
            _central(picture, faces)
            for picture, faces in zip(pictures, package.detect_faces(pictures), strict=True)
        ]

    def by_search(pictures: list[np.ndarray]) -> list[np.ndarray | None]:
        found = alignment.align_central(pictures, [""] * len(pictures))
        return [one if isinstance(one, np.ndarray) else None for one in found]

    for name, search, size in (
        ("package", by_package, 1),
        ("package", by_package, BATCH),
        ("search", by_search, 1),
        ("search", by_search, BATCH),
    ):
        print(json.dumps({"by": name, "batch": size, **measured(embedder, search, files, size)}))


def measured(embedder: Embedder, search: Callable, files: np.ndarray, size: int) -> dict:
    """What a search does with `files`, `size` at a time, after a first batch that warms up."""

    def embed(batch: np.ndarray) -> int:
        crops = [crop for crop in search([read_image(file) for file in batch]) if crop is not None]
        if crops:
            embedder.embeddings(crops)
        return len(crops)

    embed(files[:size])
    wall, cpu = time.perf_counter(), time.process_time()
    found = sum(embed(files[start : start + size]) for start in range(0, len(files), size))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "pictures": len(files),
        "found": found,
        "pictures_per_second": round(len(files) / wall, 1),
        "cpu_ms_per_picture": round(1000 * cpu / len(files), 1),
    }


def are_two(one: Found | UserError, other: Found | UserError) -> bool:
    """Whether two searches of a picture have taken two faces, or only one has found any."""
    if not isinstance(one, Found) or not isinstance(other, Found):
        return isinstance(one, Found) != isinstance(other, Found)
    apart = np.hypot(*(one.face.points_xy.mean(axis=0) - other.face.points_xy.mean(axis=0)))
    return one.turned != other.turned or bool(apart > SAME_PLACE * one.face.side)


def _central(picture: np.ndarray, faces: list[dict]) -> np.ndarray | None:
    """The crop of the package's face nearest to the centre; None without one."""
    points = [
        np.array([face["keypoints"][key] for key in KEYPOINTS], float)
        for face in faces or ()
        if face["confidence"] >= 0.95
    ]
    centre = np.array(picture.shape[1::-1]) / 2
    far = [np.hypot(*(one.mean(axis=0) - centre)) for one in points]
    return cropping.crop(picture, points[int(np.argmin(far))]) if points else None


if __name__ == "__main__":
    main()
