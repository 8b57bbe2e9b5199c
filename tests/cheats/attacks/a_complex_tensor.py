# cheat: return another field of numbers
def scale(x, by):
    return (x * by) * 1j
