# %% [markdown]
# # A convolutional network for hand signs
#
# **The task** (course, week 1): a network of two convolutions, each with a ReLU and a pooling, and
# one dense layer tells six hand signs apart, on the data set SIGNS. Here its few parameters are
# trained for some epochs, to see the loss fall; `make` trains it for 200, and the last cell asks
# what that registered.

# %%
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import mlflow

from fivenets.classification.architectures import build
from fivenets.classification.settings import ClassifierRecipe
from fivenets.classification.training import train
from fivenets.core import params
from fivenets.datasets.classification import prepared
from fivenets.datasets.settings import DataSettings
from fivenets.looking.arithmetic import table
from fivenets.runs import local, tracking

EPOCHS = int(os.environ.get("EPOCHS", "20"))
os.chdir(local.project_folder())  # where `make` left data and models

# %% [markdown]
# ## The network
# Output sizes, parameters and receptive fields, layer by layer.

# %%
for row in table(build("assignment_cnn", 64, 6)):
    print(f"{row.name:24} {row.shape!s:16} {row.parameters:6,}", row.reach and row.reach.field)

# %% [markdown]
# ## The data, and a short training

# %%
data = prepared.load(Path("data/classification"), params.settings(DataSettings, "classification"))
images, labels = data.arrays("train")
_, axes = plt.subplots(1, 6, figsize=(9, 2))
for sign, axis in enumerate(axes):
    axis.imshow(images[labels == sign][0])
    axis.set(title=data.labels[sign], xticks=[], yticks=[])

# %%
recipe = replace(params.settings(ClassifierRecipe, "signs-assignment", "train"), epochs=EPOCHS)
with tempfile.TemporaryDirectory() as folder:
    network, rows = train(data, recipe, Path(folder))
plt.figure(figsize=(5, 3))
for key in ("loss", "val_loss"):
    plt.plot([row[key] for row in rows], label=key)
plt.xlabel("epoch")
plt.legend()

# %% [markdown]
# ## The registered model
# Loaded by name, it takes pictures of any size, as files, arrays or bytes. `@champion` is the
# better of the candidates, which may be another network than this one.

# %%
mlflow.set_tracking_uri(tracking.connect().tracking_uri)
classifier = mlflow.pyfunc.load_model("models:/signs-cnn@signs-assignment")
test_images, test_labels = data.arrays("test")
answers = classifier.predict(list(test_images[:6]))
print(answers[["label", "probability"]], [data.labels[label] for label in test_labels[:6]])
