"""Who saw and who changed what: a log of each company that can only grow, and that tells when somebody tampered with it.

An entry says who, when, which kind of thing, its id, whom it is about and why, and never what the thing says. Entries of a
company are one chain: each holds a hash over itself and the one before. Other rooms write by `port.record`; `verify` walks
the chain; `anchors` keeps the chain's head outside of the database, so that a chain written anew, or one whose end was cut
off, is found as well.
"""
