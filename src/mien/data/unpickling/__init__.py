"""Reads arrays from the pickles that the field publishes, without ever loading a pickle.

A pickle is a program for a small stack machine, and one of its instructions calls any function of any module. Here its
instructions are read as data (``pickletools.genops``) and interpreted by ``opcodes``. That module only makes lists,
dictionaries, strings, numbers and NumPy arrays: it has no instruction that imports or calls. Anything else is refused, and
nothing in the pickle is ever executed.
"""
