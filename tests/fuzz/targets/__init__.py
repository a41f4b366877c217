"""One module per place where bytes come in; `target.all_targets` finds what they list."""
