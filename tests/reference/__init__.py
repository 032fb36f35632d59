"""A second, independent reading of the definition language, in plain Python, for tests to compare the SQL with.

Nothing here imports the product. It is written to be obviously right, not fast: one person, one instant, one recursion.
What it does not know yet it refuses with NotImplementedError, so that it never agrees by accident.
"""
