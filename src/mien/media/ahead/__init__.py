"""Reads stretches of a long file ahead, in any order and in several processes. What is read is the same as in one pass.

``looking`` searches pictures for faces; ``hearing`` finds what is said when, and turns it into words. ``Ahead``, a source, then
joins what they found, in order of time: who is who, who speaks, and what each moment shows.
"""
