"""Letters that need consent: written once, sent to whoever agreed to them at the moment of sending, and to nobody twice."""
