# %% [markdown]
# # Pictures of one's own
#
# **The task** (course, week 2 of 2017, the Happy House): build, train and ask a network in Keras,
# for two classes of one's own pictures. Here a folder `<class>/<picture>` is drawn, prepared and
# learned as any folder of yours is; `make own` does that for the one that `params.yaml` names under
# `own`.

# %%
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import mlflow
import numpy as np
from PIL import Image

from fivenets.classification.settings import ClassifierRecipe
from fivenets.classification.training import train
from fivenets.core import params
from fivenets.core.images import read_image
from fivenets.datasets import class_folders
from fivenets.datasets.classification import preparation, prepared
from fivenets.datasets.settings import DataSettings
from fivenets.runs import local, tracking
from fivenets.runs.exporting import PYFUNC

EPOCHS = int(os.environ.get("EPOCHS", "5"))
os.chdir(local.project_folder())
folder = Path(tempfile.mkdtemp())

# %% [markdown]
# ## A folder for each class
# Two kinds of plain pictures stand for yours: bright ones and dark ones.

# %%
rng = np.random.default_rng(0)
for label, level in (("bright", 200), ("dark", 60)):
    (folder / "pictures" / label).mkdir(parents=True)
    for number in range(40):
        pixels = rng.normal(level, 25, (32, 32, 3)).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "pictures" / label / f"{number}.png")
(folder / "pictures" / "dark" / "notes.txt").write_text("no picture: it is left out, and named")
found = class_folders.listed(folder / "pictures")
found.say()
print(f"{len(found.files)} pictures")

# %% [markdown]
# ## Prepared, and learned
# Every copy of a picture goes to the same side of the split.

# %%
settings = replace(
    params.settings(DataSettings, "own"), dataset=str(folder / "pictures"), image_size=32
)
preparation.prepare(settings, "auto", folder / "data", folder / "raw")
data = prepared.load(folder / "data", settings)
print(data.labels, data.counts)

# %%
recipe = params.settings(ClassifierRecipe, "signs-assignment", "train")
recipe = replace(recipe, epochs=EPOCHS, batch_size=16)
network, rows = train(data, recipe, folder / "checkpoints")
print(f"loss {rows[0]['loss']:.3f} -> {rows[-1]['loss']:.3f}")

# %% [markdown]
# ## The registered model
# Where `make own` was not run, the hand signs' champion answers instead.

# %%
client = tracking.connect()
mlflow.set_tracking_uri(client.tracking_uri)
names = [model.name for model in client.search_registered_models() if model.aliases]
name = "own-classifier" if "own-classifier" in names else "signs-cnn"
classifier = mlflow.pyfunc.load_model(f"models:/{name}@champion")
print(name, classifier.predict([read_image(PYFUNC / "example_sign.png")]))
