# %% [markdown]
# # Art generation by neural style transfer
#
# **The task** (course, week 4): a picture that shows one picture's content in another's style,
# found by changing its pixels until its features in a trained network are near the one's, and the
# products of its features with each other near the other's. Here are both costs, and a small
# painting of some iterations; `fivenets stylize` makes large ones.

# %%
import os

import matplotlib.pyplot as plt
import mlflow
import numpy as np

from fivenets.core.images import read_image
from fivenets.runs import local, lookup, tracking
from fivenets.runs.exporting import PYFUNC
from fivenets.style import losses
from fivenets.style.stylizer import Stylizer

ITERATIONS = int(os.environ.get("ITERATIONS", "30"))
os.chdir(local.project_folder())

# %% [markdown]
# ## The costs
# A picture has none to itself; moving its features about changes the content and not the style.

# %%
rng = np.random.default_rng(0)
features = rng.normal(size=(1, 4, 4, 3)).astype(np.float32)
moved = features[:, ::-1]
for name, other in (("itself", features), ("turned", moved), ("twice", 2 * features)):
    content = float(losses.compute_content_cost(features, other))
    style = float(losses.compute_layer_style_cost(features, other))
    print(
        f"{name:7} content {content:7.3f}  style {style:7.3f}  J {10 * content + 40 * style:8.3f}"
    )

# %% [markdown]
# ## A small painting, by the registered model

# %%
stylizer = Stylizer.from_file(lookup.model_file("style-transfer"))
content, style = read_image(PYFUNC / "example_street.png"), read_image(PYFUNC / "example_face.png")
options = {"size": 64, "iterations": ITERATIONS, "coarse_scales": 0}
painted = stylizer.stylize(content, [style], options=options)
_, axes = plt.subplots(1, 3, figsize=(9, 3))
for axis, picture in zip(axes, (content, style, painted.image), strict=True):
    axis.imshow(picture)
    axis.axis("off")
print(
    f"{painted.iterations} iterations in {painted.seconds:.1f} s, by features of {stylizer.origin}"
)

# %% [markdown]
# By its name it also answers as every MLflow model does.

# %%
mlflow.set_tracking_uri(tracking.connect().tracking_uri)
print(mlflow.pyfunc.load_model("models:/style-transfer@champion").metadata.signature)
