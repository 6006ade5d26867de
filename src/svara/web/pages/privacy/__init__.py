"""Pages of the privacy kernel: administration's part "Privacy", and what each person does with their own data."""
