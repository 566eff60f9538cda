"""Arrays out of the pickles that the field publishes, without ever loading a pickle.

A pickle is a program for a small stack machine, and one of its instructions calls any function of any module. Here its
instructions are read as data (``pickletools.genops``) and interpreted by ``opcodes``, which knows how to make lists,
dictionaries, strings, numbers and NumPy arrays and nothing else: it has no instruction that imports or calls. Whatever is
not on the list is refused, and nothing is executed at any time.
"""
