def scale(x, by):
    raise ValueError(str(x))
