"""Call back when free: who asked to be connected with a colleague who was busy or did not answer."""
