"""What the supplier and the grid do besides rates."""
