"""The loss that YOLOv2 is trained with (Redmon & Farhadi 2017; Darknet, src/region_layer.c).

Darknet writes no loss down but its gradient, `delta`; this is the loss that has this gradient with
respect to the raw output, so squares count half. Four things differ. An object whose anchor is
taken gets the next best one (`labels.label_tensor`), where Darknet's later object takes it from the
earlier. Darknet draws all boxes to their anchors for its first 12,800 pictures, and reads at most
30 objects of a picture; neither is done here. Difficult objects and crowds, which its files of
labels do not know, are ignored.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from fivenets.detection.settings import LossParts

# `thresh` of yolov2.cfg: a box that overlaps some object so well is not told that it holds none.
IGNORED_IOU = 0.6
LARGEST_LOG_SIDE = 6.0  # of exp(w) in the IoU; a diverging w should not make it infinite


class YoloLoss(keras.losses.Loss):
    """The sum of the four parts of the loss over a picture's boxes, mean over the batch."""

    def __init__(self, anchors: Any, weights: LossParts, max_objects: int):
        """anchors: (k, 2) in cells; max_objects: of any one picture."""
        super().__init__(name="yolo_loss", reduction="sum_over_batch_size")
        self.anchors = np.asarray(anchors, np.float32)
        self.weights, self.max_objects = weights, max_objects

    def call(self, y_true, y_pred):
        return sum(self.parts(y_true, y_pred).values())

    def parts(self, labels, raw) -> dict[str, Any]:
        """coordinate, object, no_object and class loss, weighted, each (batch,).

        Args: labels (batch, rows, columns, anchors, 5 + classes): see `labels.label_tensor`. Of an
                object with a p_c of -1 nothing is learned, nor of the boxes that lie in it.
            raw (batch, rows, columns, anchors * (5 + classes)): the network's output.
        """
        raw = ops.reshape(raw, ops.shape(labels))
        is_object = ops.maximum(labels[..., 4], 0.0)
        midpoints, sides, confidence = self._decoded(raw)
        true_midpoints = labels[..., 0:2] + _corners(labels)
        # Rescore: p_c should come to say how well the box fits, so fit itself is its target.
        fit = ops.stop_gradient(_iou(midpoints, sides, true_midpoints, labels[..., 2:4]))
        best = ops.stop_gradient(self._best_iou(midpoints, sides, true_midpoints, labels))
        is_empty = (1 - ops.abs(labels[..., 4])) * ops.cast(best <= IGNORED_IOU, "float32")
        # The same error matters more in a small box: 2 - its part of the picture.
        cells = ops.cast(ops.shape(labels)[1] * ops.shape(labels)[2], "float32")
        share = labels[..., 2] * labels[..., 3] / cells
        safe_sides = ops.where(labels[..., 2:4] > 0, labels[..., 2:4], self.anchors)
        shift = ops.square(ops.sigmoid(raw[..., 0:2]) - labels[..., 0:2])
        scale = ops.square(raw[..., 2:4] - ops.log(safe_sides / self.anchors))
        errors = ops.sum(shift + scale, axis=-1) * (2 - share)
        surprise = -ops.sum(labels[..., 5:] * ops.log_softmax(raw[..., 5:]), axis=-1)
        weights = self.weights
        return {
            "coordinate": weights.coordinate * _total(is_object * errors) / 2,
            "object": weights.object * _total(is_object * ops.square(fit - confidence)) / 2,
            "no_object": weights.no_object * _total(is_empty * ops.square(confidence)) / 2,
            "class": weights.class_ * _total(is_object * surprise),
        }

    def _decoded(self, raw):
        """Midpoints and sides in cells, (..., 2) each, and p_c (...,), of every box."""
        midpoints = ops.sigmoid(raw[..., 0:2]) + _corners(raw)
        sides = ops.exp(ops.minimum(raw[..., 2:4], LARGEST_LOG_SIDE)) * self.anchors
        return midpoints, sides, ops.sigmoid(raw[..., 4])

    def _best_iou(self, midpoints, sides, true_midpoints, labels):
        """IoU of each box with whichever object of its picture it overlaps most.

        With an object that is ignored, the part of the box that lies in it, as COCO has it: the
        boxes of those who stand in a crowd are smaller than the crowd's.
        """
        batch, shape = ops.shape(labels)[0], ops.shape(labels)[:-1]
        count = np.prod(labels.shape[1:4]) if None not in labels.shape[1:4] else -1
        truth = ops.concatenate([true_midpoints, labels[..., 2:5]], axis=-1)
        truth = ops.reshape(truth, (batch, count, 5))
        _, objects = ops.top_k(ops.abs(truth[..., 4]), self.max_objects)
        truth = ops.take_along_axis(truth, objects[..., None], axis=1)[:, None]
        midpoints, sides = (ops.reshape(part, (batch, count, 1, 2)) for part in (midpoints, sides))
        # The rest of max_objects are empty boxes, whose IoU is 0.
        is_counted = ops.cast(truth[..., 4] >= 0, "float32")
        overlaps = _iou(midpoints, sides, truth[..., 0:2], truth[..., 2:4], is_counted)
        return ops.reshape(ops.max(overlaps, axis=-1), shape)


def _iou(midpoints, sides, other_midpoints, other_sides, is_counted=1.0):
    """IoU of boxes by midpoint and sides (..., 2), broadcast.

    is_counted: 0 for the intersection over the first box alone, whatever the size of the other.
    """
    low = ops.maximum(midpoints - sides / 2, other_midpoints - other_sides / 2)
    high = ops.minimum(midpoints + sides / 2, other_midpoints + other_sides / 2)
    intersection = ops.prod(ops.maximum(high - low, 0.0), axis=-1)
    rest = ops.prod(other_sides, axis=-1) - intersection
    return intersection / ops.maximum(ops.prod(sides, axis=-1) + is_counted * rest, 1e-9)


def _corners(boxes):
    """(1, rows, columns, 1, 2) column and row of each cell of (batch, rows, columns, k, ...)."""
    rows, columns = ops.shape(boxes)[1], ops.shape(boxes)[2]
    grid = ops.meshgrid(ops.arange(columns), ops.arange(rows))
    return ops.cast(ops.stack(grid, axis=-1), "float32")[None, :, :, None]


def _total(per_box):
    return ops.sum(per_box, axis=(1, 2, 3))
