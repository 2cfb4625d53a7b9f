# %% [markdown]
# # Image segmentation with U-Net
#
# **The task** (course, week 3 of 2021): a class for every pixel of a street. A contracting path
# sees more and more of the picture, an expanding one brings it back to full size, and skips hand
# on the detail. Here a small one is trained for an epoch or some on few pictures; `make` trains the
# one that the last cell asks.

# %%
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import mlflow

from fivenets.core import params
from fivenets.datasets.masks import prepared
from fivenets.datasets.settings import MaskSettings
from fivenets.looking.arithmetic import table
from fivenets.runs import local, lookup, tracking
from fivenets.segmentation import drawing
from fivenets.segmentation.segmenter import Segmenter
from fivenets.segmentation.settings import UNetRecipe
from fivenets.segmentation.training import train
from fivenets.segmentation.unet import unet

EPOCHS, PICTURES = int(os.environ.get("EPOCHS", "3")), 64
os.chdir(local.project_folder())

# %% [markdown]
# ## The network
# Down, across at the bottom, and up again, with the skips.

# %%
for row in table(unet(classes=11, filters=4, depth=3, batch_norm_momentum=0.9)):
    if row.name.startswith(("pool", "skip", "logits")):
        print(f"{row.name:8} {row.shape!s:18} sees {row.reach and row.reach.field} pixels")

# %% [markdown]
# ## A short training

# %%
data = prepared.load(Path("data/streets"), params.settings(MaskSettings, "streets"))
recipe = replace(
    params.settings(UNetRecipe, "unet", "train"),
    epochs=EPOCHS,
    height=48,
    width=64,
    filters=4,
    depth=3,
)
with tempfile.TemporaryDirectory() as folder:
    _, rows = train(replace(data, train=data.train[:PICTURES]), recipe, Path(folder))
print([round(row["loss"], 3) for row in rows])

# %% [markdown]
# ## The registered model

# %%
segmenter = Segmenter.from_file(lookup.model_file("unet"))
street = data.test[0].image_rgb_uint8
found = segmenter.segment(street)
_, axes = plt.subplots(1, 2, figsize=(10, 4))
for axis, picture in zip(axes, (street, drawing.drawn(street, found)), strict=True):
    axis.imshow(picture)
    axis.axis("off")
print({name: round(share, 2) for name, share in found.shares.items()})

# %%
mlflow.set_tracking_uri(tracking.connect().tracking_uri)
served = mlflow.pyfunc.load_model("models:/unet@champion")
print(served.predict([street]).columns.tolist())
