# %% [markdown]
# # Transfer learning with MobileNetV2
#
# **The task** (course, week 2 of 2021): MobileNetV2 with ImageNet's weights becomes a classifier of
# two classes: its features stay as they are and only a new last layer is trained, then some of its
# last layers with it. Here is what is trained in each case. `make cats` does it on the course's
# cats, and `make transfer` measures what it brings; both need a mirror for the weights.

# %%
import os

import mlflow

from fivenets.classification.architectures import build
from fivenets.classification.freezing import freeze
from fivenets.core.images import read_image
from fivenets.runs import local, tracking
from fivenets.runs.exporting import PYFUNC

os.chdir(local.project_folder())

# %% [markdown]
# ## What is frozen, and what that leaves
# An inverted residual block widens, filters each channel by itself, and narrows again: most
# parameters are in 1 x 1 convolutions.

# %%
network = build("mobilenet_v2", 128, 2)
for what in ("all", "up_to:block_12_add", "none"):
    freeze(network, what)
    trained = sum(weight.shape.num_elements() for weight in network.trainable_weights)
    print(f"freeze: {what:20} {trained:9,} of {network.count_params():,} parameters are trained")

# %%
for layer in network.layers[:12]:
    print(f"{layer.name:24} {layer.output.shape}")

# %% [markdown]
# ## The registered model
# Where `make cats` was not run, the hand signs' champion answers instead.

# %%
client = tracking.connect()
mlflow.set_tracking_uri(client.tracking_uri)
names = [model.name for model in client.search_registered_models() if model.aliases]
name = "cats-classifier" if "cats-classifier" in names else "signs-cnn"
classifier = mlflow.pyfunc.load_model(f"models:/{name}@champion")
print(name, classifier.predict([read_image(PYFUNC / "example_sign.png")]))
