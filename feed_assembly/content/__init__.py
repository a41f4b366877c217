"""What an item looks like to people: the generation's content, and what the bus has told since."""
