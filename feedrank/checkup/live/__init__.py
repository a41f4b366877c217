"""What `feedrank doctor --live` looks at in a running system, one file per subject."""
