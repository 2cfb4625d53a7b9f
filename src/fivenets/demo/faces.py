"""The tabs of faces: two compared, and one looked for among known ones."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from fivenets.core.errors import UserError
from fivenets.demo import about
from fivenets.demo.examples import FLOWER, Examples
from fivenets.demo.tabs import Loaded, Tab, received

MODEL = "facenet"
KNOWN = Examples(
    {
        "lfw10/Tony_Blair/*_0001.jpg": "Tony Blair",
        "lfw10/Vladimir_Putin/*_0001.jpg": "Vladimir Putin",
        "lfw10/Ariel_Sharon/*_0001.jpg": "Ariel Sharon",
    },
    "example_face.png",
)
FIRST = Examples(KNOWN.fetched | {FLOWER: "no face"}, KNOWN.drawn)
SECOND = Examples(
    {
        "lfw10/Tony_Blair/*_0002.jpg": "Tony Blair again",
        "lfw10/Vladimir_Putin/*_0002.jpg": "Vladimir Putin again",
        "lfw10/Jacques_Chirac/*_0002.jpg": "Jacques Chirac",
        "att_faces/s1/*": "grey, and small",
    },
    "example_face.png",
)


def threshold() -> float:
    """The distance up to which the registered model takes two faces for one person's."""
    return round(_faces()[1].threshold, 3)


def verify(first: Any, second: Any, threshold: float) -> str:
    """Whether two pictures show one person, in words. A threshold of 0 is the model's own."""
    embedder, calibration = _faces()
    threshold = threshold or calibration.threshold
    from fivenets.faces.embedder import read_face

    found = [read_face(received(picture)) for picture in (first, second)]
    one, other = embedder.embeddings([face.crop for face in found])
    distance = float(np.linalg.norm(one - other))
    word = "The same person" if distance <= threshold else "Two people"
    words = f"**{word}**: distance {distance:.3f}, threshold {threshold:.3f}"
    return "\n\n".join([words, *_said_of(embedder, found)])


def identify(
    picture: Any, known: Sequence[tuple[Any, str | None]] | None, threshold: float
) -> tuple[Any, str]:
    """Whoever of the known people is nearest, and in words whether near enough.

    known: pictures of one person each, with a caption or none. threshold: as `verify` has it.
    Raises: UserError where a picture shows no face; it says which.
    """
    if not known:
        raise UserError("first add pictures of known people, one person in each")
    embedder, calibration = _faces()
    from fivenets.faces.embedder import read_face
    from fivenets.faces.recognition import Gallery

    found = read_face(received(picture))
    asked = embedder.embeddings([found.crop])
    rows = [_embedded(embedder, item, index) for index, (item, _) in enumerate(known, 1)]
    names = [caption or f"picture {index}" for index, (_, caption) in enumerate(known, 1)]
    gallery = Gallery(np.concatenate(rows), names, names, embedder.model_sha256)
    usual = calibration.of_gallery(len(gallery))
    threshold = threshold or usual
    [match] = gallery.search(asked, threshold)
    nearest = f"nearest is {literal(names[match.entry])} at {match.distance:.3f}"
    word = f"**{literal(match.person)}**" if match.person else "**Not recognised**"
    words = f"{word}: {nearest}, threshold {threshold:.3f}"
    promised = [calibration.of_gallery_in_words(len(gallery))] if threshold == usual else []
    said = [*map(about.begun, promised), *_said_of(embedder, [found])]
    return known[match.entry][0], "\n\n".join([words, *said])


def _said_of(embedder: Any, found: Sequence[Any]) -> list[str]:
    """What else is to be said: of other faces, of small ones, and what the model cannot do."""
    from fivenets.faces.face import too_small

    several = [len(one.faces) for one in found if len(one.faces) > 1]
    others = "a picture shows several faces: the largest is taken" if several else ""
    small = too_small(side for one in found for side in one.sides([one.chosen]))
    return [about.begun(words) for words in (others, small, embedder.caution) if words]


def literal(name: str) -> str:
    """A name in Markdown that shows it as it is: each mark that could mean something is escaped."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(name.split()))


def _embedded(embedder: Any, picture: Any, index: int) -> np.ndarray:
    try:
        return embedder.embed([received(picture)])
    except UserError as error:
        raise UserError(f"of the known people, number {index}: {error}") from None


@Loaded
def _faces() -> tuple[Any, Any]:
    """The embedder and its calibration."""
    from fivenets.faces.calibration import calibration_of
    from fivenets.faces.embedder import Embedder
    from fivenets.runs import local, lookup

    file = lookup.model_file(MODEL)
    return Embedder.from_file(file), calibration_of(file, local.thresholds_folder())


def _draw_verify() -> Any:
    from fivenets.demo.widgets import PICTURE, asked, examples, gr, said_of, told

    with gr.Tab("Verify") as tab:
        said = said_of(MODEL)
        with gr.Row():
            first = gr.Image(label="One person", **PICTURE)
            second = gr.Image(label="The same one?", **PICTURE)
        limit = _threshold_slider()
        button = gr.Button("Compare", variant="primary")
        verdict = gr.Markdown()
        with gr.Row():
            with gr.Column():
                examples(FIRST, first)
            with gr.Column():
                examples(SECOND, second)
    tab.select(told(threshold), outputs=limit, api_visibility="private")
    gr.on(
        [button.click, limit.release],
        asked(verify, _faces, [verdict]),
        [first, second, limit],
        verdict,
        api_name="verify",
    )
    return said


def _draw_identify() -> Any:
    from fivenets.demo.widgets import PICTURE, asked, examples, gr, opened, said_of

    people = [(opened(path), caption) for path, caption in KNOWN.pictures()]
    with gr.Tab("Identify"):
        said = said_of(MODEL)
        with gr.Row():
            picture = gr.Image(label="Who is this?", **PICTURE)
            label = "Known people, one in each picture"
            known = gr.Gallery(people, label=label, type="pil", elem_classes="known")
            nearest = gr.Image(label="Nearest", interactive=False, height=320)
        limit = _threshold_slider()
        button = gr.Button("Identify", variant="primary")
        words = gr.Markdown()
        examples(SECOND, picture)
    gr.on(
        [button.click, limit.release],
        asked(identify, _faces, [nearest, words]),
        [picture, known, limit],
        [nearest, words],
        api_name="identify",
    )
    return said


def _threshold_slider() -> Any:
    from fivenets.demo.widgets import gr

    # 0 until the model is loaded: whoever is quicker is not answered by another one's threshold.
    label = "Largest distance of one person's faces (0: as the model was calibrated)"
    return gr.Slider(0, 2, 0, step=0.005, label=label)


TABS = (Tab(MODEL, _draw_verify), Tab(MODEL, _draw_identify))
