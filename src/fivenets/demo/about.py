"""What each tab says of the model that answers in it: which, made from what, how good, what not."""

import html
import json
from typing import Any
from urllib.parse import urlsplit

from fivenets.core.errors import UserError
from fivenets.runs.local import store_uri

ASKING = "*Asking the registry which model answers here …*"
UI = "http://127.0.0.1:5000"  # where `make ui` listens
# Of a version that was registered before there were tags for both.
SEE_CARD = "How good it is, and what not to expect of it, is in its card in the registry."


def of(model: str) -> str:
    """Markdown about the version of a registered model that answers; says so where there is none.

    Imports MLflow, and no network.
    """
    from fivenets.runs import registry, tracking

    try:
        version = registry.version_of(model)
    except UserError as error:
        return f"**No model answers here yet.** {html.escape(str(error), quote=False)}"
    run = tracking.run_with_id(str(version.run_id))
    sentences = [
        f"**{version.tags.get('model', model)}** answers: version {version.version} of {model}, "
        f"made from {version.tags.get('data', 'data that were not recorded')}.",
        f"**{headline(version.tags['metric'], run)}.**" if run and "metric" in version.tags else "",
        version.tags.get("limits", SEE_CARD),
        f"[Its run]({run_address(run)})" + ("." if is_served() else " (while `make ui` runs).")
        if run
        else "Its run is not in the store any more.",
    ]
    return " ".join(filter(None, sentences))


def headline(metric: str, run: Any) -> str:
    """The number that the version's gate asks for, in words, first letter large."""
    from fivenets.runs import tracking
    from fivenets.runs.headline import headline as in_words
    from fivenets.runs.report import Report
    from fivenets.sources.origin import all_of

    text = tracking.text_artifact(run.info.run_id, "evaluation/metrics.json")
    metrics = json.loads(text or "{}")
    if metric not in metrics:
        return "How good it is was not recorded"
    made_from = all_of(json.loads(run.data.tags.get(tracking.SOURCES_TAG, "null")))
    words = in_words(Report(metrics, {"parameters": run.data.params}, made_from), metric)
    return begun(words)


def begun(words: str) -> str:
    """`words` as the beginning of a sentence: first letter large."""
    return words[:1].upper() + words[1:]


def is_served() -> bool:
    """Whether the store is a server, whose pages can be linked to."""
    return store_uri().startswith(("http://", "https://"))


def run_address(run: Any) -> str:
    """Of the run's page in MLflow."""
    at = urlsplit(store_uri())  # whose password is not for those who open this page
    public = at._replace(netloc=at.netloc.rpartition("@")[2]).geturl()
    server = public.rstrip("/") if is_served() else UI
    page = f"/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"
    return f"{server}{page}?workflowType=machine_learning"  # else MLflow opens on its other view
