"""Access of the provider's staff: whoever runs the installation sees nothing of a company without a grant of it.

A grant is for one member of staff, one company, one reason in words, and a few hours. Whether the company is asked first or
only told is its own choice; it sees who looks while they look, ends it with one click, and reads afterwards what was seen.
"""
