# %% [markdown]
# # Residual networks
#
# **The task** (course, week 2): build the blocks of ResNet-50, identity and convolutional, stack
# them to 50 layers, and train that on the hand signs. A shortcut lets the gradient pass a block
# unchanged. Here that is seen on a batch: how much of the gradient reaches the first convolution,
# with shortcuts and without. `make` trains the network, and `make plain-vs-residual` draws the
# course's figure of training error against depth.

# %%
import os
from pathlib import Path

import keras
import mlflow
import numpy as np
import tensorflow as tf

from fivenets.classification.architectures import build
from fivenets.core import params
from fivenets.datasets.classification import prepared
from fivenets.datasets.settings import DataSettings
from fivenets.runs import local, tracking

BATCH = int(os.environ.get("BATCH", "16"))
os.chdir(local.project_folder())

# %%
networks = {}
for residual in (True, False):
    keras.utils.set_random_seed(0)
    networks[residual] = build("resnet50", 64, 6, {"residual": residual})
network = networks[True]
blocks = [layer for layer in network.layers if isinstance(layer, keras.layers.Add)]
print(f"{network.count_params():,} parameters, {len(blocks)} blocks with a shortcut")

# %% [markdown]
# ## What reaches the first layer

# %%
data = prepared.load(Path("data/classification"), params.settings(DataSettings, "classification"))
images, labels = (array[:BATCH] for array in data.arrays("train"))
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
for residual, one in networks.items():
    kernel = next(layer for layer in one.layers if isinstance(layer, keras.layers.Conv2D)).kernel
    with tf.GradientTape() as tape:
        value = loss(labels, one(images.astype(np.float32), training=True))
    size = float(tf.norm(tape.gradient(value, kernel.value)))
    print("with shortcuts   " if residual else "without shortcuts", f"{size:.2e}")

# %% [markdown]
# ## The registered model

# %%
mlflow.set_tracking_uri(tracking.connect().tracking_uri)
classifier = mlflow.pyfunc.load_model("models:/signs-resnet50@resnet50")
print(classifier.predict(list(images[:4]))[["label", "probability", "rejected"]])
