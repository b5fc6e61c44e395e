"""How often local searches and a global solver of another kind find the optimum that `learn` certifies, and when."""
