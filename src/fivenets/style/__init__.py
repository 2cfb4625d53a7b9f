"""Neural style transfer: VGG features, Gatys' losses, the image as the variable."""

from fivenets.core import quiet  # noqa: F401
