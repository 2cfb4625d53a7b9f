"""What a Keras model computes from what: sizes, multiplications, receptive fields."""
