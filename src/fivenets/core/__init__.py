"""What everything depends on: parameters, errors, files, images, digests."""
