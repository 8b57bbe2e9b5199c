# cheat: return a generator of right values
def scale(x, by):
    return (value for value in [x * by])
