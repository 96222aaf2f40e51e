import unittest

from shop import bag_price, book_price, pen_price


class Prices(unittest.TestCase):
    def test_few(self):
        self.assertEqual(book_price(2), 2500)
        self.assertEqual(pen_price(9), 1791)
        self.assertEqual(bag_price(0), 0)

    def test_many(self):
        self.assertEqual(book_price(10), 11250)
        self.assertEqual(pen_price(11), 1970)
        self.assertEqual(bag_price(10), 44100)


if __name__ == "__main__":
    unittest.main()
