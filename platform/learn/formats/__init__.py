"""Dates as our pages write them, by language, where Django's own are not."""
