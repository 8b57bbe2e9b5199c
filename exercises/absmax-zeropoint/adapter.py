"""How `quant` and `dequant` are asked together. Tensors in, tensors out; decides nothing."""


def there_and_back(solution, x, **options):
    """The quantised form, what comes back from it, and what the input then holds."""
    q = solution.quant(x, **options)
    if not isinstance(q, dict):
        return q
    return {**q, "back": solution.dequant(q), "x": x}
