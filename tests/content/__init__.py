"""Courses and exercises themselves: what a machine can check of content."""
