"""Slow, short, obviously right: one concrete request at a time.  Shares no code with the rooms it judges."""
