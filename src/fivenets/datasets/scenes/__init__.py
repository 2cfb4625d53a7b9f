"""Built-in street scenes with cars, pedestrians and motorcycles, and a box around each."""
