"""What feed_assembly alone remembers of each viewer between two calls."""
