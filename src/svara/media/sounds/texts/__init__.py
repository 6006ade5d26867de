"""All that the system says on the phone, one module a language. The texts are spoken, so numbers are words in them."""
