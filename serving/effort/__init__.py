"""How much is done for one request: the rung it stands on, and what each stage usually costs."""
