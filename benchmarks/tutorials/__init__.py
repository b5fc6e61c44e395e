"""What the first pages of other tools work out, stated here with numbers of our own."""
