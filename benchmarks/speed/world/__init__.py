"""A generation of real size, made in a minute or two without training anything."""
