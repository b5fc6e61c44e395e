"""What is found out about a program before it is solved: scales, eliminated equalities, an order, and what it costs."""
