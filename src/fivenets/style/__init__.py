"""Neural style transfer: VGG features, Gatys' losses, the image as the variable."""
