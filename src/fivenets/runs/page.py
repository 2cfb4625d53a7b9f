"""The results as one HTML file: a card for each model, which holds its pictures."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from PIL import Image

from fivenets import tasks
from fivenets.core.candidates import Candidate
from fivenets.core.images import read_image
from fivenets.core.params import flatten
from fivenets.runs import curve, results
from fivenets.runs.curve import Curve
from fivenets.runs.decision import Decision
from fivenets.runs.headline import headline
from fivenets.runs.report import Report, limits
from fivenets.sources.origin import in_words

# The picture of a card, the first of these that there is; the others are folded.
BEST = ("beside", "segments", "detections", "distances", "confusion")
# Of each model what excites its units, where `make patches` was called: NAME.png.
PATCHES = results.REPORTS / "patches"
LARGE, SMALL = 1280, 800  # pixels at the longer side: what is shown on a desktop, or twice folded
QUALITY = 80  # of WebP, 0..100


@dataclass(frozen=True)
class Picture:
    """One in the page, and its file, from where the page is."""

    name: str
    address: str  # data:image/webp;base64,...
    width: int
    height: int
    file: str


@dataclass(frozen=True)
class Card:
    """What the page says of one model."""

    row: dict[str, str]
    headline: str
    data: str  # in a word: real, drawn or whose
    why: str  # it is champion or not
    use: str
    command: str
    limits: str
    curve: Curve | None
    picture: Picture | None
    pictured: str  # what it shows, where that is not what the headline is of
    others: Sequence[Picture]
    numbers: dict[str, str]  # that were measured
    metrics: str  # the file that has them all, from where the page is
    began: datetime
    ended: datetime


def cards(rows: Sequence[dict[str, str]]) -> list[Card]:
    """The card of each row, in their order; from the reports, as the rows are."""
    return [card(row, Decision.read(row["registered"])) for row in rows]


def card(row: dict[str, str], decision: Decision) -> Card:
    """What there is to say of one model; `decision` is that of its registered name."""
    candidate = Candidate(row["model"], decision.task, row["registered"])
    report, service = Report.of(candidate), tasks.find(decision.task).service
    metric = row["metric"]
    is_same, decided_on = metric == decision.metric, in_words(report.scored_on(decision.metric))
    nature = report.nature(metric)
    is_mixed = nature == "real" and any(origin.is_drawn for origin in report.made_from)
    files = sorted(candidate.pictures.glob("*.png"), key=_rank)
    patches = PATCHES / f"{candidate.name}.png"
    others = [compressed(file, SMALL) for file in files[1:]]
    if patches.is_file():
        seen = compressed(patches, LARGE)
        others.append(
            replace(seen, name="of some units of each layer, the patches that excite them")
        )
    began = report.record["started"] / 1000
    return Card(
        row=row,
        headline=headline(report, metric),
        data="real and drawn" if is_mixed else nature,
        why=why(candidate.name, decision, "" if is_same else f" on {decided_on}"),
        use=service.use,
        command=command(candidate, decision, report.record["parameters"]),
        limits=limits(service, nature),
        curve=curve.read(candidate.history),
        picture=compressed(files[0], LARGE) if files else None,
        pictured="" if is_same else decided_on,
        others=others,
        numbers={
            key: f"{value:.4g}" if isinstance(value, float) else str(value)
            for key, value in flatten(report.metrics).items()
            if isinstance(value, int | float)
        },
        metrics=candidate.metrics.relative_to(results.REPORTS).as_posix(),
        began=datetime.fromtimestamp(began, UTC),
        ended=datetime.fromtimestamp(began + report.record["seconds"], UTC),
    )


def why(name: str, decision: Decision, on: str = "") -> str:
    """Why a candidate is champion, or is not; `on` what, where that should be said."""
    values, best = decision.candidates, decision.best
    known = f"{decision.metric} {values[name]:.3f}{on}"
    if name in decision.untrained:
        return "its weights were unavailable, and random ones are in their place"
    if name in decision.drawn_only and best not in decision.drawn_only:
        return f"{known}; {best}, with {values[best]:.3f}, goes before it: it knows real pictures"
    if name != best:
        return f"{known}, where {best} has {values[best]:.3f}"
    rivals = f"; chosen from {len(values)} candidates" if len(values) > 1 else ""
    return f"{known}, and at least {decision.minimum:g} is asked{rivals if decision.passed else ''}"


def command(candidate: Candidate, decision: Decision, parameters: Mapping[str, Any]) -> str:
    """The line that asks this model about a picture, in the project's folder.

    parameters: of its training.
    """
    alias = "" if decision.is_champion(candidate.name) else f"@{candidate.name}"
    words = tasks.find(candidate.task).service.command_for(parameters)
    return f".venv/bin/fivenets {words} --model {candidate.registered}{alias}"


def compressed(file: Path, side: int) -> Picture:
    """A picture as WebP, at most `side` pixels at its longer side."""
    image = Image.fromarray(read_image(file))
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=QUALITY)
    return Picture(
        name=file.stem.replace("_", " ").replace("-", " "),
        address=f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode()}",
        width=image.width,
        height=image.height,
        file=file.relative_to(results.REPORTS).as_posix(),
    )


def page(cards: Sequence[Card]) -> str:
    """The whole page; it loads nothing from elsewhere."""
    return rendered(
        "results.html",
        cards=cards,
        columns=results.COLUMNS,
        commits=list(dict.fromkeys(card.row["commit"] for card in cards)),
        began=min(card.began for card in cards),
        ended=max(card.ended for card in cards),
        by_data={
            data: [card.row["model"] for card in cards if card.data == data]
            for data in dict.fromkeys(card.data for card in cards)
        },
    )


def rendered(template: str, **values: Any) -> str:
    """One of the templates beside this module, with these values in it."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(**values)


def _rank(file: Path) -> tuple[int, str]:
    """Pictures by how well they show a model, then by name."""
    return (BEST.index(file.stem) if file.stem in BEST else len(BEST), file.name)
