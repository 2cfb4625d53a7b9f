"""Built-in stand-ins for real data, drawn by the project."""
