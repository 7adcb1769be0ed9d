"""Binance USDⓈ-M futures: perpetual and dated contracts margined in USDT or USDC."""
