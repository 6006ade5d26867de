"""Forms over items of an office's document: what each asks for, how a value is shown, and how it is read back."""
