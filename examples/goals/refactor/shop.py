"""Prices in cents. Ten pieces or more of one thing are cheaper."""


def book_price(count):
    total = count * 1250
    if count >= 10:
        total = round(total * 0.9)
    return total


def pen_price(count):
    total = count * 199
    if count >= 10:
        total = round(total * 0.9)
    return total


def bag_price(count):
    total = count * 4900
    if count >= 10:
        total = round(total * 0.9)
    return total
