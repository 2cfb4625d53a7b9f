"""Segmentation: U-Net, and what class each pixel of a picture is of."""
