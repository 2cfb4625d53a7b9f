"""`fivenets stylize`."""

import contextlib
import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import progress

from fivenets.cli import printing
from fivenets.cli.options import Json, Model, Trust
from fivenets.core.errors import UserError

app = typer.Typer()

OPTIONS = {"colours": "--preserve-colors"}  # where a setting has another name
PREVIEW_SECONDS = 2.0  # between two writings of the preview


@app.command()
def stylize(
    content: Annotated[Path, typer.Argument(metavar="CONTENT", help="The picture to paint.")],
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write it: .png or .jpg.")],
    styles: Annotated[
        list[Path] | None,
        typer.Argument(metavar="STYLE", help="Pictures whose style to use; none for style-fast."),
    ] = None,
    model: Model = "style-transfer",
    preset: Annotated[
        str | None,
        typer.Option(
            help="faithful | balanced | wild: how far from CONTENT. All take about as long."
        ),
    ] = None,
    strength: Annotated[
        float | None,
        typer.Option(help="The same as a number: 0 faithful, 0.5 balanced, 1 wild."),
    ] = None,
    iterations: Annotated[int | None, typer.Option(help="Iterations at each scale.")] = None,
    size: Annotated[int | None, typer.Option(help="Pixels along the longer side.")] = None,
    content_weight: Annotated[float | None, typer.Option(help="Weight of the content.")] = None,
    style_weight: Annotated[float | None, typer.Option(help="Weight of the style.")] = None,
    style_share: Annotated[
        list[float] | None, typer.Option(help="Weight of each STYLE, in order; repeatable.")
    ] = None,
    mask: Annotated[
        list[Path] | None,
        typer.Option(help="For each STYLE in order, a mask: white where that style applies."),
    ] = None,
    style_scale: Annotated[
        float | None,
        typer.Option(help="Size of strokes: at 2, STYLE is twice as large as CONTENT."),
    ] = None,
    preserve_colors: Annotated[
        str | None,
        typer.Option(help="luminance | histogram: keep the content's colours."),
    ] = None,
    initial: Annotated[str | None, typer.Option(help="content | noise | blend.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="lbfgs | adam.")] = None,
    precision: Annotated[str | None, typer.Option(help="bfloat16 | float32.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the noise.")] = None,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Paints a picture in the style of others; a preview beside FILE shows the progress."""
    from fivenets.core import files
    from fivenets.core.params import SettingError
    from fivenets.runs import lookup
    from fivenets.style import fast_stylizer, pictures

    inputs = [content, *(styles or []), *(mask or [])]
    files.check_file(out, "--out", pictures.WRITABLE, inputs)
    options: dict[str, Any] = {
        "preset": preset,
        "strength": strength,
        "iterations": iterations,
        "size": size,
        "content_weight": content_weight,
        "style_weight": style_weight,
        "style_scale": style_scale,
        "colours": preserve_colors,
        "initial": initial,
        "optimizer": optimizer,
        "precision": precision,
        "seed": seed,
    }
    options = {key: value for key, value in options.items() if value is not None}
    stylizer = lookup.load(fast_stylizer.load, model, trust)
    try:
        total = stylizer.with_options(options).total_iterations
    except SettingError as error:
        option = OPTIONS.get(error.key, f"--{error.key.replace('_', '-')}")
        raise UserError(f"{option} {error.rest}") from None
    preview = _Preview(out)
    columns = (
        progress.TextColumn("{task.completed}/{task.total}"),
        progress.BarColumn(),
        progress.TimeRemainingColumn(),
        printing.description(),
    )
    with printing.bar(*columns) as bar:
        task = bar.add_task("style loss ...", total=total)

        def show(now: Any) -> None:
            words = f"{now.width}x{now.height}, style loss {now.losses['style_loss']:.3g}"
            bar.update(task, completed=now.iteration + 1, description=words)
            preview.show(now.image)

        try:
            result = stylizer.stylize(content, styles or [], style_share, mask, options, show)
            pictures.write(result.image, out)
        except KeyboardInterrupt:
            raise UserError(f"interrupted; {preview.left()}") from None
        except UserError as error:
            left = f"; {preview.left()}" if preview.file else ""
            raise UserError(f"{error}{left}") from None
    preview.remove()
    if as_json:
        print(json.dumps({"out": str(out), **result.row()}))
    else:
        printing.say(f"{out}: {_summary(result)}, features {result.features}")


class _Preview:
    """The picture so far, beside `out`, in a file that nothing had the name of."""

    def __init__(self, out: Path):
        self.out, self.written = out, 0.0
        self.file: Path | None = None  # none before it was written

    def show(self, image: Any) -> None:
        """Writes an image (height, width, 3) in 0..1, if the last one is old enough."""
        from fivenets.core import files
        from fivenets.style import pictures

        if time.monotonic() - self.written <= PREVIEW_SECONDS:
            return
        stem, suffix = f"{self.out.stem}.preview", self.out.suffix
        file = self.file or files.free_name(self.out.parent, stem, suffix)
        # A picture of hours does not end with a preview that cannot be written.
        with contextlib.suppress(UserError):
            pictures.write(pictures.to_uint8(image), file)
            self.file = file
        self.written = time.monotonic()

    def left(self) -> str:
        """How much of the picture there is, in words."""
        if self.file is None:
            return "there is no preview yet, and nothing was written"
        return f"the latest preview is {self.file}"

    def remove(self) -> None:
        if self.file is not None:
            self.file.unlink(missing_ok=True)


def _summary(result: Any) -> str:
    if result.style_loss is None:
        return f"one pass in {result.seconds:.2g} s"
    return (
        f"{result.iterations} iterations in {result.seconds:.0f} s, style loss "
        f"{result.style_loss:.3g}, content loss {result.content_loss:.3g}"
    )
