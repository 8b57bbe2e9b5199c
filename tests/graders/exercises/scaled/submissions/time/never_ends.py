def scale(x, by):
    while True:
        pass
