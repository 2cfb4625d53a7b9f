# %% [markdown]
# # Car detection with YOLO
#
# **The task** (course, week 3): turn what a YOLO network says of a picture, five boxes in each of
# 19 x 19 cells, into a few boxes with a class: drop what scores little, and of boxes that overlap
# keep the surest. Here these steps are done on made-up outputs, under the names that the course
# gives them, and then by a registered detector on a street.

# %%
import os

import matplotlib.pyplot as plt
import mlflow
import numpy as np
from PIL import Image

from fivenets.core.images import read_image
from fivenets.detection import boxes, drawing
from fivenets.detection.course import iou, yolo_eval
from fivenets.detection.detector import Detector
from fivenets.runs import local, lookup, tracking
from fivenets.runs.exporting import PYFUNC

os.chdir(local.project_folder())

# %% [markdown]
# ## Intersection over union, filtering, suppression

# %%
print("IoU:", iou(np.array([2, 1, 4, 3]), np.array([1, 2, 3, 4])))

# %%
rng = np.random.default_rng(0)
cells = (19, 19, 5)
outputs = (
    rng.uniform(size=(*cells, 1)),  # how sure each box is that there is something
    rng.uniform(size=(*cells, 2)),  # its centre, as a share of the picture
    rng.uniform(0.1, 0.3, (*cells, 2)),  # its sides
    rng.dirichlet(np.full(80, 0.05), cells),  # the probability of each class
)
for threshold in (0.5, 0.9):
    scores, corners, classes = yolo_eval(outputs, score_threshold=threshold, max_boxes=100)
    print(f"score at least {threshold}: {len(scores)} boxes of {np.prod(cells)}")

# %% [markdown]
# ## The registered model
# It puts the same steps behind its network.

# %%
detector = Detector.from_file(lookup.model_file("yolov2-compact"))
street = read_image(PYFUNC / "example_street.png")
found = detector.detect_in(street, boxes.profile("course", 0.3))
plt.imshow(drawing.draw(street, found, detector.labels))
plt.axis("off")

# %%
mlflow.set_tracking_uri(tracking.connect().tracking_uri)
served = mlflow.pyfunc.load_model("models:/yolov2-compact@champion")
print(served.predict([Image.fromarray(street)]))
