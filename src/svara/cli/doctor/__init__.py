"""`svara doctor`: tries from outside whether an installation works, and says what is wrong in plain words.

A check looks at one thing, changes nothing that lasts, prints nothing about anybody, and comes to an end in bounded time. It
gives findings (`model`); `run` has them made side by side and `report` prints them. What cannot be looked at (the office is
closed, there is no such setting) is said, and is no fault.
"""
