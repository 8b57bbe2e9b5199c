"""Not written yet."""



def quant(x, bits=8, scheme="absmax", axis=None):
    raise NotImplementedError("later")


def dequant(q):
    codes, scale = q
    return codes * scale
