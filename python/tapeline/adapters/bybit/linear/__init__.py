"""Bybit linear contracts, margined in USDT or USDC."""
