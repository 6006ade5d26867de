"""Phones that set themselves up: what each maker's phone is told, and how it proves that it may be told.

The makers' files are pure functions of a `Setup` (`setup`, `yealink`, `snom`, `grandstream`, `poly`, `softphones`); who gets
which is decided in `fetching`. Nothing here knows a firmware: no file that is written names one.
"""
