# %% [markdown]
# # A convolutional network, step by step
#
# **The task** (course, week 1): zero padding, one step of a convolution, its forward and backward
# pass and those of pooling, in NumPy alone. Here each is `fivenets.step_by_step`'s: the course's
# loops are held against the fast ones and against small changes of the weights, then a LeNet-5 of
# them learns digits, and the last cell computes what a registered network's first layer sees.

# %%
import os

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from fivenets.classification.classifier import Classifier
from fivenets.core.images import read_image, resize
from fivenets.fitting import engine
from fivenets.looking.sheet import first_filters
from fivenets.runs import local, registry
from fivenets.runs.exporting import PYFUNC
from fivenets.step_by_step import edges, lenet, loops, strides

EPOCHS = int(os.environ.get("EPOCHS", "3"))
os.chdir(local.project_folder())
rng = np.random.default_rng(0)

# %% [markdown]
# ## Forward: the loops of the course, and the same without them

# %%
pictures, weights, bias = (rng.normal(size=shape) for shape in ((2, 7, 7, 3), (3, 3, 3, 4), (4,)))
hparameters = {"stride": 2, "pad": 1}
slow, cache = loops.conv_forward(pictures, weights, bias, hparameters)
fast, _ = strides.conv_forward(pictures, weights, bias, hparameters)
print(f"{pictures.shape} -> {slow.shape}, and {np.abs(slow - fast).max():.0e} apart")
for mode in ("max", "average"):
    pooled, _ = loops.pool_forward(pictures, {"f": 3, "stride": 2}, mode)
    print(f"{mode} pooling: {pictures.shape} -> {pooled.shape}")

# %% [markdown]
# ## Backward: a gradient is what a small change of a weight does

# %%
_, d_weights, _ = loops.conv_backward(slow, cache)  # of half the sum of squares
moved = weights.copy()
moved[0, 1, 2, 3] += 1e-6
other, _ = loops.conv_forward(pictures, moved, bias, hparameters)
change = ((other**2).sum() - (slow**2).sum()) / 2e-6
print(f"by the formula {d_weights[0, 1, 2, 3]:.4f}, by the change {change:.4f}")

# %% [markdown]
# ## A filter that finds edges, and a network of such layers
# `make step-by-step` trains it for longer, and by people who are kept apart.

# %%
photo = read_image(PYFUNC / "example_street.png")
_, axes = plt.subplots(1, 3, figsize=(9, 2))
for axis, name in zip(axes, ("vertical", "horizontal", "scharr"), strict=True):
    axis.imshow(edges.edges(photo, name), cmap="gray")
    axis.set(title=name, xticks=[], yticks=[])

# %%
digits = load_digits()
larger = digits.images[:300].repeat(3, axis=1).repeat(3, axis=2)[..., None].astype(np.float32)
shown, network, optimizer = strides.zero_pad(larger, 4) / 8 - 1, lenet.lenet5(rng), lenet.Adam(1e-3)
for epoch in range(EPOCHS):
    loss = lenet.train_epoch(network, shown, digits.target[:300], optimizer, 32, rng)
    print(f"epoch {epoch + 1}: loss {loss:.3f}")

# %% [markdown]
# ## The registered model
# Its first layer is the same arithmetic: Keras and the loops agree on what its filters see.

# %%
classifier = Classifier.from_file(registry.model_file("signs-cnn@signs-assignment"))
filters = first_filters(engine.in_keras(classifier.network))
assert filters is not None
sign = resize(read_image(PYFUNC / "example_sign.png"), 16)[None] / 255
by_loops, _ = loops.conv_forward(
    sign, filters, np.zeros(filters.shape[-1]), {"stride": 1, "pad": 0}
)
by_keras = np.asarray(keras.ops.conv(sign.astype(np.float32), filters, padding="valid"))
print(f"{filters.shape} filters of signs-assignment: {np.abs(by_loops - by_keras).max():.0e} apart")
print(classifier.classify([read_image(PYFUNC / "example_sign.png")])[0].label)
