"""Code sent and graded: the workbench, the row that is the truth, and the two doors of the queue."""
