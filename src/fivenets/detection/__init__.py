"""YOLOv2: Darknet files to Keras models and back, boxes, and what both are worth."""
