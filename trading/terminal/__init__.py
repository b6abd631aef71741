"""One MetaTrader terminal behind frames: the worker, its client and its stand-in."""
