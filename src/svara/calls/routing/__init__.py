"""Where a call goes: pure decisions over the office, the caller and the moment. Nothing here rings or waits."""
