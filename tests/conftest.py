"""Property tests draw the same examples each time; `pytest --hypothesis-profile others` draws others."""

from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("others", database=None)
settings.load_profile("same")
