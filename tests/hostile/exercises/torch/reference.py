def double(numbers):
    return numbers * 2
