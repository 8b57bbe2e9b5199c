"""Our references against implementations that we did not write."""
