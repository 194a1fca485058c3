"""Kinds of objects: plain content in, a typed record or the reason for its refusal out."""
