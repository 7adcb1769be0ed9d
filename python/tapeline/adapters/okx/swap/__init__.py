"""OKX perpetual swaps, linear and inverse."""
