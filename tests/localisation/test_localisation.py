"""The notes' loss, changes of picture and coordinates together, scores, and answers to users."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fivenets import face_points
from fivenets.core.errors import UserError
from fivenets.datasets.places import preparation, prepared
from fivenets.datasets.places.prepared import PlaceExample
from fivenets.datasets.settings import PlaceSettings
from fivenets.drawn.face_points import marked_faces
from fivenets.drawn.windows import windows
from fivenets.faces import alignment
from fivenets.faces.cropping import TEMPLATE_XY
from fivenets.faces.face import Face, Found
from fivenets.localisation import augmentation, drawing, scoring
from fivenets.localisation.augmentation import PARTNERS, augmented, from_old, warped
from fivenets.localisation.locator import Located, Locator
from fivenets.localisation.losses import LocalisationLoss
from fivenets.localisation.network import localiser
from fivenets.localisation.settings import LocaliserRecipe, Loss, PlaceChanges
from fivenets.localisation.training import label_vector, train

RECIPE = LocaliserRecipe(
    size=32,
    filters=4,
    units=16,
    dropout=0.0,
    epochs=1,
    batch_size=2,
    learning_rate=0.001,
    warmup_fraction=0.0,
    weight_decay=0.0,
    batch_norm_momentum=0.9,
    mixed_precision=False,
    seed=0,
)
PLACES = PlaceSettings(dataset="windows", train="train", test="test")


def test_the_notes_loss_part_by_part() -> None:
    label = label_vector(1, np.array([0.5, 0.7, 0.3, 0.4]), classes=3)
    assert label.tolist() == pytest.approx([1, 0.5, 0.7, 0.3, 0.4, 0, 1, 0])
    answer = np.array([2, 0.4, 0.7, 0.5, 0.4, 0, 3, 1], np.float32)
    presence, place = np.log(1 + np.exp(-2)), 0.1**2 + 0.2**2
    kind = -np.log(np.exp(3) / (1 + np.exp(3) + np.exp(1)))
    loss = LocalisationLoss(4, Loss(presence=1, label=2, place=10), reduction="none")
    nothing = label_vector(-1, np.full(4, 9), classes=3)
    found = loss(np.stack([label, nothing]), np.stack([answer, answer]))
    # Without an object only the presence counts: log(1 + e^2).
    expected = [presence + 2 * kind + 10 * place, np.log(1 + np.exp(2))]
    assert np.asarray(found).tolist() == pytest.approx(expected, rel=1e-5)


def test_a_network_sets_out_from_the_middle() -> None:
    middle = np.array([0.5, 0.6, 0.2, 0.1])
    answer = np.asarray(localiser(3, middle, RECIPE)(np.zeros((2, 32, 32, 3))))
    assert answer.shape == (2, 1 + 4 + 3)
    assert answer[0] == pytest.approx([0, *middle, 0, 0, 0], abs=0.01)


@pytest.mark.parametrize("seed", range(4))
def test_points_go_where_their_pixels_go(seed: int) -> None:
    """Of a blot of its own colour in the picture, the point is in the middle afterwards too."""
    point, picture = np.array([0.4, 0.55]), np.zeros((64, 64, 3), np.uint8)
    y, x = np.mgrid[:64, :64] + 0.5
    picture[np.hypot(x - 64 * point[0], y - 64 * point[1]) < 5] = 255
    strength = PlaceChanges(rotation=0.1, zoom=0.2, shift=0.1)
    example = PlaceExample(picture, 0, point)
    rng = np.random.default_rng(seed)
    changed, label, moved = augmented(example, "points", 48, strength, rng)
    weights = changed[..., 0] / changed[..., 0].sum()
    y, x = (np.mgrid[:48, :48] + 0.5) / 48
    assert label == 0
    assert [(weights * x).sum(), (weights * y).sum()] == pytest.approx(moved, abs=0.01)
    assert np.hypot(*(moved - point)) > 0.01


def test_a_mirror_swaps_left_and_right() -> None:
    (face,) = marked_faces(range(1), seed=0, size=64)
    assert sorted(PARTNERS) == list(range(68))
    assert [PARTNERS[PARTNERS[at]] for at in range(68)] == list(range(68))
    mirrored = face.points_xy * [-1, 1] + [1, 0]
    swapped = mirrored[PARTNERS]
    # The points that are first in the list are on the left again, the jaw's among them.
    for first, last in ((0, 16), (17, 26), (36, 45), (31, 35), (48, 54), (60, 64)):
        assert face.points_xy[first, 0] < face.points_xy[last, 0]
        assert swapped[first, 0] < swapped[last, 0]


def test_a_box_is_clipped_and_gone_when_it_leaves() -> None:
    right = np.array([[1.0, 0, 0.3], [0, 1, 0]])  # the new picture starts at 0.3 of the old
    box = np.array([0.4, 0.5, 0.3, 0.2])  # from 0.25 to 0.55
    label, moved = augmentation.moved(2, box, "box", right, False)
    assert (label, moved.tolist()) == (2, pytest.approx([0.125, 0.5, 0.25, 0.2]))
    assert augmentation.moved(2, box - [0.2, 0, 0, 0], "box", right, False)[0] == -1
    assert from_old(np.array([[0.3, 0.2]]), right).tolist() == [[0, 0.2]]


@pytest.mark.parametrize(
    ("strength", "form", "count", "fault"),
    [
        (PlaceChanges(rotation=0.1), "box", 4, "rotation should be 0 for boxes"),
        (PlaceChanges(mirror=True), "points", 10, "mirror should be false for 5 points"),
    ],
)
def test_what_cannot_be_changed_is_a_sentence(strength, form, count, fault) -> None:
    with pytest.raises(UserError, match=fault):
        augmentation.check(strength, form, count)


def test_an_error_is_part_of_the_distance_between_the_eyes() -> None:
    (face,) = marked_faces(range(1), seed=1, size=64)
    picture, points = face
    eyes = np.linalg.norm(points[36] - points[45])
    examples = [PlaceExample(picture, 0, points.ravel())] * 2
    found = [Located(1, "face", 1, points + np.array([step * eyes, 0])) for step in (0.05, 0.11)]
    numbers = scoring.of_points(examples, found)
    assert numbers["mean_error"] == pytest.approx(0.08)
    assert numbers["located"] == 0.5  # 0.11 is a failure by 300-W's limit of 0.08
    assert numbers["by_part"]["mouth"]["mean_error"] == pytest.approx(0.08)
    assert numbers["mean_error_by_pupils"] > numbers["mean_error"]


@pytest.mark.parametrize(
    ("points", "span"), [([[10, 10]], 50), ([[10, 10], [20, 10]], 10), ([[9, 9], [9, 9]], 50)]
)
def test_points_without_area_have_an_error_too(points: list, span: float) -> None:
    picture, truth = np.zeros((30, 40, 3), np.uint8), np.array(points, float)
    example = PlaceExample(picture, 0, (truth / [40, 30]).ravel())
    beside = (truth + np.array([2, 0])) / [40, 30]
    numbers = scoring.of_points([example], [Located(1, "nose", 1, beside)])
    assert numbers["mean_error"] == pytest.approx(2 / span)


def test_boxes_are_right_where_presence_class_and_overlap_are() -> None:
    picture, box = np.zeros((32, 32, 3), np.uint8), np.array([0.5, 0.5, 0.4, 0.4])
    corners = np.array([[0.3, 0.3], [0.7, 0.7]])
    examples = [PlaceExample(picture, 0, box)] * 3 + [PlaceExample(picture, -1, np.zeros(4))]
    found = [
        Located(0.9, "car", 1, corners),
        Located(0.9, "bus", 1, corners),
        Located(0.9, "car", 1, corners + 0.3),
        Located(0.1, "car", 1, corners),
    ]
    numbers = scoring.of_boxes(examples, found, ["car", "bus"])
    assert (numbers["located"], numbers["presence_accuracy"]) == (0.5, 1)
    assert numbers["located_by_nothing"] == 0.25  # one of four shows none
    assert scoring.in_words(numbers).endswith("always answering nothing is right for 0.250")
    assert numbers["class_accuracy"] == pytest.approx(2 / 3)
    assert numbers["mean_iou"] == pytest.approx((1 + 1 + 0.01 / (0.32 - 0.01)) / 3)


def test_a_page_says_which_colour_is_the_truth() -> None:
    black, box = np.zeros((32, 32, 3), np.uint8), np.array([[0.2, 0.2], [0.6, 0.6]])
    sheet = np.asarray(drawing.page([black] * 5, [None] * 5, [box] + [None] * 4, "box"))
    pictures = 2 * (drawing.SIDE + drawing.GAP)
    assert sheet.shape == (pictures + drawing.LEGEND, 4 * (drawing.SIDE + drawing.GAP), 3)
    red, green = ((sheet == colour).all(axis=2) for colour in (drawing.TRUE, drawing.FOUND))
    assert not red[:pictures].any()
    assert green[:pictures].any()
    legend = [np.flatnonzero(one[pictures:].any(axis=0)) for one in (red, green)]
    assert legend[0].max() < legend[1].min()
    between = sheet[pictures:, legend[0].max() + 1 : legend[1].min()]
    assert (between < 60).all(axis=2).any()  # letters


def test_a_rows_coordinates_have_names() -> None:
    one = Located(0.9, "car", 1.0, np.array([[0.1, 0.2], [0.5, 0.6]]))
    row = {"presence": 0.9, "label": "car", "x1": 0.1, "y1": 0.2, "x2": 0.5, "y2": 0.6}
    assert one.row() == row


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> prepared.PlaceDataset:
    """A few windows, prepared."""
    folder = tmp_path_factory.mktemp("places")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparation, "SCENES", {"train": 2, "test": 2})
        preparation.prepare(PLACES, "builtin", folder / "windows", folder / "raw")
    return prepared.load(folder / "windows", PLACES)


def test_a_split_without_an_object_is_a_sentence(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(preparation, "SCENES", {"train": 2, "test": 2})
    bare = [window for window in windows(2, 0) if window.box_xyxy is None]
    monkeypatch.setattr(preparation, "windows", lambda *_: bare)
    with pytest.raises(UserError, match="train shows no object: expected one in some"):
        preparation.prepare(PLACES, "builtin", tmp_path / "x", tmp_path / "raw")


def test_windows_show_one_object_or_none(places: prepared.PlaceDataset) -> None:
    drawn = [window for seed in (0, 1) for window in windows(2, seed)]
    assert {window.box_xyxy is None for window in drawn} == {True, False}
    assert places.form == "box"
    for example in places.train:
        x, y, width, height = example.coordinates
        assert (example.label >= 0) == (width > 0)
        assert 0 <= x - width / 2 <= x + width / 2 <= 1
        assert 0 <= y - height / 2 <= y + height / 2 <= 1


def test_a_trained_network_answers_a_user(places, tmp_path: Path, fivenets) -> None:
    network, rows = train(places, RECIPE, tmp_path / "checkpoints")
    assert len(rows) == 1
    assert np.isfinite(rows[0]["loss"])
    Locator(network, places.labels, places.form).save(tmp_path / "x.keras")
    Image.fromarray(places.test[0].image_rgb_uint8).resize((90, 60)).save(tmp_path / "a.png")
    out = tmp_path / "b.png"
    words = ["locate", tmp_path / "a.png", "--out", out, "--model", tmp_path / "x.keras"]
    code, said, _ = fivenets(*words, "--json")
    answer = json.loads(said)
    assert (code, answer["image"]) == (0, str(tmp_path / "a.png"))
    assert (answer["box"] is not None) == (answer["presence"] >= 0.5)
    assert out.is_file()
    said = fivenets.answered(*words).replace("\n", " ")
    what = f"{answer['label']} at " if answer["box"] else "nothing found; "
    assert f"b.png: {what}" in said
    assert ("(x1, y1, x2, y2); " in said) == bool(answer["box"])
    assert f"there is an object with probability {answer['presence']:.0%}" in said
    code, _, said = fivenets("landmarks", *words[1:])
    assert (code, "finds a box, not points: expected fivenets locate" in said) == (2, True)
    assert fivenets(*words[:2], "--out", tmp_path / "b.txt")[0] == 2


@pytest.mark.parametrize(
    ("labels", "form", "coordinates"),
    [(["a", "b"], "box", 4), (["a"], "box", 6), ([], "points", 5), (["a"], "points", 3)],
)
def test_a_model_whose_labels_or_form_do_not_fit_is_refused(
    labels: list[str], form: str, coordinates: int, tmp_path: Path
) -> None:
    network = localiser(1, np.zeros(coordinates), RECIPE)
    Locator(network, labels, form).save(tmp_path / "x.keras")
    with pytest.raises(UserError, match="is no model that localises"):
        Locator.from_file(tmp_path / "x.keras")


@pytest.fixture
def pointing(tmp_path: Path) -> Path:
    """A model that says the same two points of any picture."""
    network = localiser(1, np.array([0.25, 0.5, 0.75, 0.5]), RECIPE)
    answer = network.get_layer("answer")
    answer.set_weights([np.zeros_like(answer.kernel), np.array([3, 0.25, 0.5, 0.75, 0.5, 0.0])])
    Locator(network, ["face"], "points").save(tmp_path / "points.keras")
    return tmp_path / "points.keras"


def test_points_are_drawn_where_they_are(pointing: Path, tmp_path: Path, fivenets) -> None:
    picture, out = Image.new("RGB", (200, 100), "black"), tmp_path / "dots.png"
    picture.save(tmp_path / "black.png")
    picture.paste("grey", (0, 80, 200, 100))
    picture.save(tmp_path / "a.png")
    code, said, _ = fivenets(
        *("landmarks", tmp_path / "a.png", "--out", out, "--model", pointing),
        *("--cropped", "--json"),
    )
    assert (code, json.loads(said)["points"]) == (0, [[50, 50], [150, 50]])
    with Image.open(out) as drawn:
        pixels = np.asarray(drawn)
    assert pixels[50, 50, 1] > 200
    assert pixels[50, 100].tolist() == [0, 0, 0]
    code, _, said = fivenets("landmarks", tmp_path / "a.png", "--out", out, "--model", pointing)
    assert (code, "a face expected, none found" in said) == (2, True)
    words = "landmarks", tmp_path / "black.png", "--cropped", "--out", tmp_path / "none.png"
    code, _, said = fivenets(*words, "--model", pointing)
    assert (code, "the picture is of one colour" in said) == (2, True)
    assert not (tmp_path / "none.png").exists()


def test_each_face_of_several_has_its_points(pointing, tmp_path, fivenets, monkeypatch) -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    squares = ((40, [10, 20]), (20, [150, 60]))  # the side of each face's own, and its corner
    faces = [Face(TEMPLATE_XY * side + corner, 1.0) for side, corner in squares]
    monkeypatch.setattr(alignment, "find_all", lambda *_: Found(image, faces))
    Image.fromarray(image).save(tmp_path / "a.png")
    words = ("landmarks", tmp_path / "a.png", "--out", tmp_path / "b.png", "--model", pointing)
    assert "2 points on 2 faces" in fivenets(*words)[1]
    rows = [json.loads(line) for line in fivenets(*words, "--json")[1].splitlines()]
    in_crop = np.array([[0.25, 0.5], [0.75, 0.5]]) - face_points.FACE_MIDDLE
    for row, (side, corner) in zip(rows, squares, strict=True):
        expected = corner + side * (0.5 + in_crop / face_points.FACE_PART)
        assert np.abs(row["points"] - expected).max() < 0.06  # they are rounded to a tenth


def test_a_folder_with_points_is_read_or_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for split, count in (("train", 2), ("test", 1)):
        (tmp_path / "own" / split).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 255, (20, 40, 3), np.uint8)
            file = tmp_path / "own" / split / f"{number}.png"
            Image.fromarray(pixels).save(file)
            file.with_suffix(".csv").write_text("10,5\n20,15\n")
    settings = PlaceSettings(dataset=str(tmp_path / "own"), train="train", test="test")
    preparation.prepare(settings, "auto", tmp_path / "out", tmp_path / "raw")
    data = prepared.load(tmp_path / "out", settings)
    assert (data.form, len(data.train), len(data.test)) == ("points", 2, 1)
    assert data.test[0].coordinates.tolist() == [0.25, 0.25, 0.5, 0.75]
    copied = tmp_path / "own/test/0.png"
    before = copied.read_bytes()
    shutil.copy(tmp_path / "own/train/0.png", copied)
    preparation.prepare(settings, "auto", tmp_path / "copied", tmp_path / "raw")
    (note,) = json.loads((tmp_path / "copied/source.json").read_text())["notes"]
    assert "of test are in train as well" in note
    copied.write_bytes(before)
    for text, fault in (
        ("10,5\n", "same number of points"),
        ("a\n", "should hold x,y"),
        ("0.1,0.5\n0.2,0.3\n", "has its points in 0..1: expected pixels"),
        ("10,5\n1000,15\n", "has a point far outside its picture of 40x20 pixels"),
    ):
        (tmp_path / "own/train/1.csv").write_text(text)
        with pytest.raises(UserError, match=fault):
            preparation.prepare(settings, "auto", tmp_path / "out", tmp_path / "raw")
    assert prepared.load(tmp_path / "out", settings).train


def test_helen_is_drawn_where_it_cannot_be_had(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(preparation, "PEOPLE", {"train": range(2), "test": range(2, 4)})
    settings = PlaceSettings(dataset="helen68", train="train", test="test")
    preparation.prepare(settings, "builtin", tmp_path / "out", tmp_path / "raw")
    data = prepared.load(tmp_path / "out", settings)
    assert data.record["left_out"] == ["helen68"]
    assert data.test[0].coordinates.shape == (136,)
    with pytest.raises(UserError, match=r"drawn, and data\.source is real"):
        preparation.prepare(PLACES, "real", tmp_path / "x", tmp_path / "raw")


def test_pictures_are_cut_at_their_pixels() -> None:
    picture = np.arange(64, dtype=np.uint8).reshape(8, 8)[..., None].repeat(3, axis=2)
    quarter = np.array([[0.5, 0, 0.5], [0, 0.5, 0]])
    assert (warped(picture, quarter, 4) == picture[:4, 4:]).all()


def test_fine_rows_of_a_wide_picture_are_not_averaged_away() -> None:
    picture = np.zeros((400, 1600, 3), np.uint8)
    picture[np.arange(400) // 6 % 2 == 1] = 255
    whole = np.eye(2, 3)
    assert warped(picture, whole, 128).std() > 60
