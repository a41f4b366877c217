"""Published layouts, each turned into canonical tables before anything else sees it."""
