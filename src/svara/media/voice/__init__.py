"""Sound that we make or keep: prompts, music, keys, recordings, mixing. `port` says what call control can count on."""
