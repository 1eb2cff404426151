"""What we promised to solve: as a table, as a board by status, and one case with its clocks, conversations and history."""
