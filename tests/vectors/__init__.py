"""Published test vectors of our own formats, and the generators that write them."""
