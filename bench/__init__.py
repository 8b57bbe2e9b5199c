"""Figures, printed side by side with ratios: `python -m bench NAME`."""
