"""What is registered, gated and reported, as params.yaml says it."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from fivenets.core.params import (
    Fraction,
    Misfit,
    NonNegative,
    SettingError,
    Text,
    checked,
    read,
    suggestion,
)

Task = Literal["classification", "detection", "faces", "style", "fast-style"]
SCORES = {  # of each task, in metrics.json: more is better
    "classification": ("accuracy",),
    "detection": ("agreement", "ap50", "voc07_ap50", "coco_ap", "coco_ap50", "coco_ap75"),
    "faces": (
        "auc",
        "unseen_auc",
        "accuracy",
        "balanced_accuracy",
        "tar_at_far_1e-2",
        "tar_at_far_1e-3",
    ),
    "style": ("style_reduction",),
    "fast-style": ("style_reduction",),
}
MEASURES = {  # of each task: other numbers that the report can show
    "classification": ("log_loss", "calibration_error", "near_duplicates"),
    "detection": ("max_abs_difference", "max_box_difference_px", "milliseconds_per_picture"),
    "faces": ("eer", "threshold", "unseen_auc_low", "unseen_auc_high"),
    "style": ("seconds",),
    "fast-style": ("seconds",),
}
GROUPS = {  # of each task: sections of metrics.json, such as unseen.auc
    "classification": ("without_near_duplicates", "per_class", "in_other_light"),
    "detection": ("by_class", "same_detections"),
    "faces": ("unseen", "calibrated", "lfw_pairs"),
    "style": ("jobs",),
    "fast-style": ("pictures",),
}
CONVERTED_SCORES = ("agreement",)  # of a detector that is converted and not trained here


@checked
class Registration:
    """Which models compete for a name, and what the best one has to reach."""

    task: Task
    candidates: Annotated[list[Text], Field(min_length=1)]
    metric: Text
    minimum: Fraction
    minimum_builtin: Fraction | None = None
    tolerances: dict[Text, NonNegative] | None = None

    @model_validator(mode="after")
    def _fits_the_task(self) -> Self:
        if len(set(self.candidates)) < len(self.candidates):
            raise Misfit("candidates", "a list of different models", self.candidates)
        known = SCORES[self.task]
        if self.metric not in known:
            raise Misfit("metric", f"one of {', '.join(known)} for {self.task}", self.metric)
        numbers, groups = (*known, *MEASURES[self.task]), GROUPS[self.task]
        for key in self.tolerances or {}:
            if key not in numbers and key.partition(".")[0] not in groups:
                hint = suggestion(key, (*numbers, *(f"{group}..." for group in groups)))
                raise SettingError(f"tolerances.{key}", f"is unknown{hint}")
        return self


@checked
class ReportRow:
    """A row of the results table."""

    model: Text
    registered: Text
    metric: Text
    course: NonNegative | None = None
    course_data: Text | None = None
    published: Text | None = None

    @model_validator(mode="after")
    def _says_what_the_course_is_about(self) -> Self:
        if self.course is not None and self.course_data is None:
            raise Misfit("course_data", "the data set that course is about", self.course_data)
        return self

    def entry(self) -> dict[str, object]:
        """What is given, as `results.row` takes it."""
        return {key: value for key, value in vars(self).items() if value is not None}


def rows(section: Any, path: str) -> list[ReportRow]:
    """The rows of the results table, as `report` of params.yaml lists them.

    Raises: UserError naming the first row and key that cannot be used; `path` is of the section.
    """
    if not isinstance(section, list) or not section:
        raise SettingError(path, f"should be a list of rows, it is {section!r}")
    return [read(ReportRow, row, f"{path}[{index}]") for index, row in enumerate(section)]
