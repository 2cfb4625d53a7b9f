# %% [markdown]
# # Face recognition
#
# **The task** (course, week 4): the triplet loss, which draws pictures of one person together and
# pushes others away, and with embeddings made so two questions: is this who it claims to be
# (verification), and who of those known is it (recognition). Here the loss is computed by hand and
# by the project, and the questions are put to a registered network.

# %%
import os
from pathlib import Path

import mlflow
import numpy as np

from fivenets.core import params
from fivenets.datasets.faces import prepared
from fivenets.datasets.settings import FaceSettings
from fivenets.faces import losses
from fivenets.faces.embedder import Embedder
from fivenets.faces.recognition import Gallery
from fivenets.runs import local, lookup, tracking

os.chdir(local.project_folder())

# %% [markdown]
# ## The triplet loss
# The sum of max(|a - p|² - |a - n|² + alpha, 0).

# %%
anchor, positive, negative = np.eye(3, 128), np.eye(3, 128) * 0.9, np.eye(3, 128, k=1)
squares = ((anchor - positive) ** 2).sum(1), ((anchor - negative) ** 2).sum(1)
print(np.maximum(squares[0] - squares[1] + 0.2, 0).sum())
print(float(losses.triplet_loss(anchor, positive, negative, 0.2)))
print("and where all are one point:", float(losses.triplet_loss(anchor, anchor, anchor, 0.2)))

# %% [markdown]
# ## Verification
# Distances of pairs of one person's pictures, and of pairs of two people.

# %%
settings = params.settings(FaceSettings, "faces-aligned")
faces, _, _ = prepared.load(Path("data/faces-aligned"), settings)
people = list(dict.fromkeys(faces.people))[:5]
rows = np.concatenate([np.flatnonzero(faces.people == person)[:3] for person in people])
embedder = Embedder.from_file(lookup.model_file("facenet"))
embeddings = embedder.embeddings([faces.images[row] for row in rows])
distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=-1)
is_same = faces.people[rows][:, None] == faces.people[rows][None]
is_pair = ~np.eye(len(rows), dtype=bool)
print(f"one person {distances[is_same & is_pair].mean():.2f}, two {distances[~is_same].mean():.2f}")

# %% [markdown]
# ## Recognition
# One picture of each is known; whose is another one?

# %%
known, asked = embeddings[::3], embeddings[1::3]
gallery = Gallery(known, people, people, embedder.model_sha256)
for person, match in zip(people, gallery.search(asked, threshold=2.0), strict=True):
    print(f"{person}: nearest is {match.person} at {match.distance:.2f}")

# %% [markdown]
# ## The registered model

# %%
mlflow.set_tracking_uri(tracking.connect().tracking_uri)
verifier = mlflow.pyfunc.load_model("models:/facenet@champion")
print(verifier.metadata.signature)
