"""Registered models to and from a model hub, such as huggingface.co: `hf://USER/REPO[@REVISION]`.

A repository holds a version's files, what their SHA-256 are, and a card in the hub's form. What is
fetched is a stranger's: its digests are checked, and `trust` decides how it is opened.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import huggingface_hub
from huggingface_hub.errors import HFValidationError

from fivenets import tasks
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError, printable
from fivenets.runs import registry, tracking
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.origin import Kind, Origin, all_of

SCHEME, MANIFEST = "hf://", "fivenets.json"
NAME = re.compile(r"\w[\w.-]*\.(keras|json|xml|bin|tflite|onnx)")  # a file beside the others
LARGEST_MANIFEST = 100_000  # bytes
# Licences under which what was learned from data may be passed on, as they begin.
FREE = ("Apache", "BSD", "MIT", "CC0", "CC BY 2", "CC BY 4", "public domain", "free with credit")


@dataclass(frozen=True)
class Address:
    """Of a repository on the hub."""

    repo: str
    revision: str | None = None

    @classmethod
    def of(cls, text: str) -> "Address":
        """What `hf://USER/REPO[@REVISION]` says. Raises: UserError where it does not."""
        found = re.fullmatch(r"hf://([\w.-]+/[\w.-]+?)(?:@([\w./-]+))?", text)
        if found is None or {".", ".."} & set(re.split("[/@]", text)):
            raise UserError(f"expected hf://USER/REPO or hf://USER/REPO@REVISION, received {text}")
        return cls(found[1], found[2])


def publish(model: str, to: str, *, agrees: bool, is_private: bool = False) -> str:
    """Uploads a registered model, and returns the address of its page.

    Args: agrees: that it may be passed on, where the licences of its data do not say so.
    Raises: UserError where it is not registered, is not agreed to, or the hub refuses it.
    """
    address, version = Address.of(to), registry.version_of(model)
    run = tracking.run_with_id(str(version.run_id))
    made_from = all_of(json.loads(run.data.tags.get(tracking.SOURCES_TAG, "null"))) if run else []
    task = tracking.connect().get_registered_model(version.name).tags.get("task", "")
    service, files = tasks.find(task).service, registry.folder_of(model)
    set_on = data_of_settings(files, service.beside, made_from)
    closed = not_free([*made_from, *set_on])
    if (closed or not made_from) and not agrees:
        said = [f"{one.asset}: {one.licence}" for one in closed]
        which = "; ".join(said if made_from else ["what it was made from is not recorded", *said])
        raise UserError(
            f"{model} was made with data that may not be passed on freely ({which}): whether what "
            "was learned from them may be is for you to judge; --yes says that you have"
        )
    with tempfile.TemporaryDirectory(prefix="fivenets-hub-") as name:
        folder = Path(name)
        shutil.copytree(files, folder, dirs_exist_ok=True)
        digests = {file.name: sha256(file) for file in sorted(folder.iterdir())}
        (folder / MANIFEST).write_text(json.dumps({"task": task, "sha256": digests}, indent=1))
        command = service.command_for(run.data.params if run else {})
        text = card(version, service.pipeline, command, address, made_from, set_on)
        (folder / "README.md").write_text(text)
        with reported(address):
            hub = huggingface_hub.HfApi()
            hub.create_repo(address.repo, private=is_private, exist_ok=True)
            done = hub.upload_folder(
                repo_id=address.repo,
                folder_path=folder,
                revision=address.revision,
                commit_message=f"{version.name}, version {version.version}",
            )
    return str(done.commit_url)


def fetched(text: str) -> Path:
    """The model file of a repository, with all that lies beside it, in the user's cache.

    Raises: UserError where there is none, or its files are not those that it says.
    """
    address = Address.of(text)
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "fivenets" / "hub" / address.repo / (address.revision or "main")

    def bring(name: str) -> Path:
        with reported(address):
            return Path(
                huggingface_hub.hf_hub_download(
                    address.repo, name, revision=address.revision, local_dir=folder
                )
            )

    digests = _digests(bring(MANIFEST), text)
    for name, digest in digests.items():
        file = bring(name)
        if sha256(file) != digest:
            file.unlink()
            raise UserError(f"{text}: {name} is not the file that {MANIFEST} is about")
    return folder / next(name for name in digests if name.endswith(".keras"))


def _digests(manifest: Path, text: str) -> dict[str, str]:
    """The SHA-256 of each of a model's files, by a stranger's word."""
    try:
        if manifest.stat().st_size > LARGEST_MANIFEST:
            raise ValueError
        digests = json.loads(manifest.read_text())["sha256"]
        is_right = all(NAME.fullmatch(name) and len(digests[name]) == 64 for name in digests)
        if not is_right or [Path(name).suffix for name in digests].count(".keras") != 1:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UserError(f"{text}: its {MANIFEST} names no model of this project") from None
    return digests


def not_free(made_from: Sequence[Origin]) -> list[Origin]:
    """Those whose licence does not let everybody pass on what was made of them."""
    return [
        one
        for one in made_from
        if "do not" in one.licence or not one.licence.startswith(FREE) or "-NC" in one.licence
    ]


def data_of_settings(
    folder: Path, beside: Mapping[str, str], made_from: Sequence[Origin]
) -> list[Origin]:
    """The data that set what is served beside a model, but for those that it was made from.

    A calibration names them as `in_words` does: `lfw (mirror)`; or, where they were measured once
    and for all, `LFW (measured beforehand)`.
    Args: beside: see `Service`.
    """
    found, known = [], {one.asset for one in made_from}
    for name in beside.values():
        file = folder / name
        said = json.loads(file.read_text()) if file.is_file() else {}
        words = str(said.get("data", ""))
        before, _, kind = words.removesuffix(")").rpartition(" (")
        asset = ASSETS.get(before.casefold())
        data = asset.name if asset else before or words
        if not data or data in known:
            continue
        licence = asset.licence if asset else "not recorded"
        if kind == Kind.FOLDER:
            licence = "the user's own"
        elif kind == Kind.BUILTIN and not asset:
            licence = "Apache-2.0, drawn by this project"
        is_kind = kind in {one.value for one in Kind}
        origin = Kind(kind) if is_kind else Kind.BUILTIN
        about = f"{data}, which set its thresholds"
        found.append(Origin(about, origin, str(said.get("data_digest", "")), licence))
    return found


def card(
    version: Any,
    pipeline: str | None,
    command: str,
    address: Address,
    made_from: Sequence[Origin],
    set_on: Sequence[Origin] = (),
) -> str:
    """The hub's model card: what its pages and searches read, then what the registry says.

    Args: pipeline, command: see `Service`. set_on: see `data_of_settings`.
    """
    metric = version.tags.get("metric")  # none: registered before there was this tag
    logged = tracking.connect().get_logged_model(str(version.source).removeprefix("models:/"))
    scored = [
        huggingface_hub.EvalResult(
            task_type=pipeline or "other",
            dataset_type=(one.dataset_name or "unknown").replace(" ", "_"),
            dataset_name=one.dataset_name or "unknown",
            metric_type=metric,
            metric_value=round(one.value, 4),
        )
        for one in logged.metrics or ()
        if metric and one.key == f"test/{metric}" and one.dataset_name
    ]
    used = [*made_from, *set_on]
    is_free = bool(made_from) and not not_free(used)
    about = huggingface_hub.ModelCardData(
        model_name=version.tags.get("model", version.name),
        library_name="keras",
        pipeline_tag=pipeline,
        license="apache-2.0" if is_free else "other",
        license_name=None if is_free else "see-the-data",
        tags=["fivenets", "openvino"],
        eval_results=scored or None,
    )
    lines = [f"| {one.asset} | {one.kind.value} | {one.licence} |" for one in used]
    return f"""---
{about.to_yaml()}
---

{version.description}
## Use

```console
fivenets {command} --model {SCHEME}{address.repo}
```

## Data, and under which licence

| data | from | licence |
| --- | --- | --- |
{chr(10).join(lines)}
"""


@contextmanager
def reported(address: Address) -> Iterator[None]:
    """What goes wrong with the hub, as a sentence."""
    try:
        yield
    except (httpx2.HTTPError, HFValidationError, OSError) as error:
        for one in (error, error.__cause__):
            if isinstance(one, httpx2.RequestError):
                why = f"the hub does not answer: {printable(str(one))}"
                raise UserError(f"{SCHEME}{address.repo}: {why}") from None
        status = getattr(getattr(error, "response", None), "status_code", None)
        why = {
            401: "it does not know you, or has no such repository: `hf auth login`, or HF_TOKEN",
            403: "it does not let you: the token needs the right to write",
            404: "it has no such repository, revision or file",
        }.get(status or 0, printable(str(error).partition("\n")[0]))
        raise UserError(f"{SCHEME}{address.repo}: the hub said no: {why}") from None
