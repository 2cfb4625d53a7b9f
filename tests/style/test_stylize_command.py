"""The command, its preview and its refusals; jobs and what they leave."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fivenets.cli import style as command
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.sources.origin import Origin, digest_of
from fivenets.style import drawing, evaluation, jobs, pictures, presets, transfer
from fivenets.style.jobs import Gathered
from fivenets.style.objective import Style
from fivenets.style.settings import Job, JobPlan, Settings


@pytest.fixture
def files(tmp_path: Path, content: np.ndarray, painting: np.ndarray, model_file: Path) -> Path:
    Image.fromarray(content).save(tmp_path / "content.png")
    Image.fromarray(painting).save(tmp_path / "painting.png")
    Image.fromarray(painting).convert("L").save(tmp_path / "grey.png")
    half = np.zeros((48, 64), np.uint8)
    half[:, 32:] = 255
    Image.fromarray(half).save(tmp_path / "mask.png")
    return tmp_path


def words(folder: Path, *more: object) -> list[object]:
    return [
        "stylize",
        folder / "content.png",
        folder / "painting.png",
        *("--out", folder / "out.png", "--model", folder / "style.keras", *more),
    ]


def test_one_json_object_and_the_picture(fivenets, files: Path) -> None:
    printed = fivenets.answered(*words(files, "--iterations", 3, "--json"))
    row = json.loads(printed)
    assert row["out"] == str(files / "out.png")
    assert row["iterations"] == 3
    assert row["features"] == "vgg16_hed (test)"
    assert {"seconds", "content_loss", "style_loss"} < row.keys()
    assert read_image(files / "out.png").shape == (48, 64, 3)
    assert not (files / "out.preview.png").exists()


def test_several_styles_masks_and_a_grey_one(fivenets, files: Path) -> None:
    printed = fivenets.answered(
        "stylize",
        *(files / name for name in ("content.png", "painting.png", "grey.png")),
        *("--out", files / "two.jpg", "--model", files / "style.keras", "--iterations", 2),
        *("--mask", files / "mask.png", "--mask", files / "mask.png"),
        *("--style-share", 1, "--style-share", 0.5, "--preserve-colors", "histogram"),
    )
    assert "2 iterations" in " ".join(printed.split())
    assert read_image(files / "two.jpg").shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--style-weight", 0], "--style-weight should be above 0, it is 0.0"),
        (["--size", 8], "--size should be at least 32, it is 8"),
        (["--preset", "bold"], "--preset should be one of faithful, balanced, wild, it is 'bold'"),
        (["--strength", 2], "--strength should lie in 0..1, it is 2.0"),
        (["--strength", 0.5, "--preset", "wild"], "--strength should not be given with a preset"),
        (
            ["--preserve-colors", "yes"],
            "--preserve-colors should be one of style, luminance",
        ),
        (["--style-share", 1, "--style-share", 2], "one of the weights for each of 1 style"),
    ],
)
def test_bad_options_are_one_sentence(fivenets, files: Path, more, sentence: str) -> None:
    code, printed, said = fivenets(*words(files, *more))
    assert (code, printed) == (2, "")
    assert sentence in " ".join(said.split())
    assert not (files / "out.png").exists()


def test_a_preset_stands_in_for_the_models_settings_and_options_for_the_presets(stylizer) -> None:
    assert stylizer.with_options({"preset": "balanced"}) == stylizer.settings
    faithful, wild = (stylizer.with_options({"preset": name}) for name in ("faithful", "wild"))
    assert faithful.content_weight > stylizer.settings.content_weight > wild.content_weight
    assert stylizer.with_options({"preset": "wild", "content_weight": 9.0}).content_weight == 9


def test_a_strength_stands_between_the_presets(stylizer) -> None:
    strengths = [0.0, 0.2, 0.5, 0.8, 1.0]
    found = [stylizer.with_options({"strength": strength}) for strength in strengths]
    for name, strength in presets.PRESETS.items():
        assert found[strengths.index(strength)] == stylizer.with_options({"preset": name})
    for weights in ([one.content_weight for one in found], [one.detail for one in found]):
        assert weights == sorted(set(weights), reverse=True)
    assert [one.noise for one in found[3:]] == pytest.approx([0.15, 0.25])
    assert {one.initial for one in found[:3]} == {"content"}
    assert stylizer.with_options({"strength": 1.0, "noise": 0.5}).noise == 0.5


def test_the_ends_of_the_default_are_what_was_looked_at() -> None:
    faithful, wild = presets.settings_at(0.0, Settings()), presets.settings_at(1.0, Settings())
    assert faithful == {"content_weight": 0.1, "detail": 1.0, "coarse_scales": 1}
    assert wild == {
        "content_weight": pytest.approx(0.003),
        "detail": 0.5,
        "initial": "blend",
        "noise": 0.25,
    }
    assert "coarse_scales" not in presets.settings_at(0.3, Settings())


def test_bad_pictures_are_one_sentence(fivenets, files: Path) -> None:
    Image.new("RGB", (31, 64)).save(files / "content.png")
    code, _, said = fivenets(*words(files))
    assert code == 2
    assert "the content picture is 31x64 pixels: expected at least 32x32" in said
    Image.new("RGB", (64, 64)).save(files / "content.png")
    code, _, said = fivenets(*words(files, "--mask", files / "mask.png"))
    assert code == 2
    assert "a mask is 64x48 pixels: expected 64x64, the size of the content picture" in said
    code, _, said = fivenets(*words(files)[:3], "--out", files / "out.txt")
    assert code == 2
    assert "--out should end in .png, .jpg, .jpeg" in said
    code, _, said = fivenets(*words(files)[:3], "--out", files / "no" / "out.png")
    assert "is not there or cannot be written to" in said


def test_a_transparent_picture_is_laid_on_white(files: Path) -> None:
    Image.new("RGBA", (40, 40), (10, 20, 30, 0)).save(files / "clear.png")
    assert (pictures.read(files / "clear.png", "content") == 255).all()


def test_a_black_mask_is_refused(content: np.ndarray) -> None:
    with pytest.raises(UserError, match="a mask is black all over"):
        pictures.read_mask(np.zeros((48, 64), np.uint8), content)


def test_an_interrupted_run_leaves_its_latest_preview(fivenets, files: Path, monkeypatch) -> None:
    monkeypatch.setattr(command, "PREVIEW_SECONDS", 0.0)
    minimise = transfer.optimisers.minimise

    def interrupted(*arguments: Any, **options: Any):
        observe = arguments[-1]
        seen = []

        def stop(*now) -> None:
            observe(*now)
            seen.append(now)
            if len(seen) == 2:
                raise KeyboardInterrupt

        return minimise(*[*arguments[:-1], stop], **options)

    monkeypatch.setattr(transfer.optimisers, "minimise", interrupted)
    (files / "out.preview.png").write_text("the user's own")
    assert f"interrupted; the latest preview is {files}/out.preview-2.png" in fivenets.refused(
        *words(files)
    )
    assert read_image(files / "out.preview-2.png").shape == (48, 64, 3)
    assert (files / "out.preview.png").read_text() == "the user's own"


def test_where_there_is_no_preview_none_is_spoken_of(fivenets, files: Path, monkeypatch) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(transfer, "transfer", stop)
    before = sorted(files.iterdir())
    code, _, said = fivenets(*words(files))
    assert code == 2
    assert said == "error: interrupted; there is no preview yet, and nothing was written\n"
    assert sorted(files.iterdir()) == before


def test_a_preview_takes_nothing_of_the_users(fivenets, files: Path, monkeypatch) -> None:
    monkeypatch.setattr(command, "PREVIEW_SECONDS", 0.0)
    (files / "out.preview.png").symlink_to(files / "content.png")
    (files / ".out.png.arriving.png").symlink_to(files / "painting.png")
    (files / "out.png").symlink_to(files / "grey.png")
    names = ("content.png", "painting.png", "grey.png", "out.preview.png")
    before, listed = [(files / name).read_bytes() for name in names], sorted(files.iterdir())
    fivenets.answered(*words(files, "--iterations", 3))
    assert [(files / name).read_bytes() for name in names] == before
    assert sorted(files.iterdir()) == listed
    assert not (files / "out.png").is_symlink()


def test_a_preview_that_cannot_be_written_costs_nothing(fivenets, files: Path, monkeypatch) -> None:
    monkeypatch.setattr(command, "PREVIEW_SECONDS", 0.0)
    write = pictures.write

    def refuse(image: np.ndarray, file: Path) -> None:
        if "preview" in file.name:
            raise UserError("no room")
        write(image, file)

    monkeypatch.setattr(pictures, "write", refuse)
    code, printed, said = fivenets(*words(files, "--iterations", 2, "--json"))
    assert (code, said.strip()) == (0, "")
    assert json.loads(printed)["iterations"] == 2


def test_output_paths_are_refused_before_any_work(fivenets, files: Path) -> None:
    (files / "folder.png").mkdir()
    before = {path: path.stat().st_mtime_ns for path in files.iterdir()}
    for name, sentence in [
        ("folder.png", "is a folder"),
        ("x" * 252 + ".png", "File name too long"),
        ("none/out.png", "is not there or cannot be written to"),
        ("out.gif", "--out should end in .png"),
        ("content.png", "is read by this command"),
        ("painting.png", "is read by this command"),
    ]:
        more = ("--out", files / name, "--model", files / "none.keras")
        assert sentence in fivenets.refused(*words(files)[:3], *more)
    assert {path: path.stat().st_mtime_ns for path in files.iterdir()} == before


def test_a_job_leaves_all_that_it_takes_to_measure_it(
    stylizer, content: np.ndarray, painting: np.ndarray, tmp_path: Path
) -> None:
    job = Job(name="test", content="c", styles=["p"], settings=stylizer.settings)
    mask = np.ones((48, 64), np.float32)
    origin = Origin.own("c", "0")
    one = Gathered(job, content, [Style(painting, 1.0, mask)], [origin])
    watched: list[tuple] = []
    rows = jobs.run(stylizer.network, one, 3, tmp_path / "test", lambda *now: watched.append(now))
    assert len(rows) == len(watched) == stylizer.settings.iterations
    assert [now[1] for now in watched if now[3] is not None] == [0, 4, 8]
    made = jobs.read(tmp_path / "test")
    assert list(made.snapshots) == [0, 4, 8]
    assert made.settings == stylizer.settings
    numbers = evaluation.metrics(stylizer, [made])
    measured = numbers["jobs"]["test"]
    assert measured["content_style_loss"] == pytest.approx(rows[0]["style_loss"], rel=1e-3)
    least = min(rows, key=lambda row: row["loss"])
    # The picture is rounded to 8 bits before it is measured.
    assert measured["style_loss"] == pytest.approx(least["style_loss"], rel=0.2)
    assert numbers["style_reduction"] == pytest.approx(
        1 - measured["style_loss"] / measured["content_style_loss"]
    )
    assert numbers["painted"] == measured["painted"] == 1 - measured["unpainted"]
    assert numbers["ssim"] == measured["ssim"] < 1
    assert numbers["even"] == 1 / measured["grid_2"]
    assert "held_out" not in numbers
    assert numbers["judged_by"] is None
    sheet = drawing.stacked([drawing.sheet(made), drawing.sheet(made)])
    assert sheet.height == 2 * drawing.stacked([drawing.sheet(made)]).height
    assert drawing.stacked([drawing.beside(made)]).width > sheet.width
    assert drawing.stacked([drawing.curves(rows)]).height > 0


def test_jobs_are_checked_before_the_first_is_begun() -> None:
    job = {"name": "a", "content": "tubingen", "styles": ["wave"]}
    for sections, sentence in (
        ([{**job, "colour": 1}], r"jobs\[0\].colour is unknown"),
        ([{**job, "settings": {"sise": 3}}], r"jobs\[0\].settings.sise is unknown.*mean size"),
        ([job, job], r"jobs should be of different names, it is \['a', 'a'\]"),
        ([], "jobs should be at least 1 of them, it is"),
    ):
        with pytest.raises(UserError, match=sentence):
            JobPlan(features="auto", pooling="max", snapshots=2, jobs=sections)  # pyright: ignore[reportArgumentType]


def test_a_job_knows_every_file_that_it_names(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, colour in (("a.png", "teal"), ("b.png", "navy"), ("m.png", "white")):
        Image.new("RGB", (40, 40), colour).save(name)
    job = {"name": "x", "content": "a.png", "styles": ["b.png"], "masks": ["~/m.png"]}
    digests = []
    for colour in ("white", "grey"):
        Image.new("RGB", (40, 40), colour).save("m.png")
        plan = JobPlan(features="auto", pooling="max", snapshots=2, jobs=[Job(**job)])
        [gathered] = jobs.gather(plan, "builtin", tmp_path)
        assert {origin.file: origin.digest for origin in gathered.origins} == {
            name: sha256(Path(name).expanduser()) for name in ("a.png", "b.png", "~/m.png")
        }
        digests.append(digest_of(gathered.origins))
    assert digests[0] != digests[1]
