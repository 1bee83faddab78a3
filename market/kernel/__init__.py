"""How compiled functions are kept between runs."""
