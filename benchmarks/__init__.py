"""Speed and memory, as ratios: see bench.py."""
