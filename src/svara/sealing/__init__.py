"""The form of sealed content: what stands in a sealed field or file, and how it is made and opened with a key at hand.

Knows nothing of whose key that is, where keys are kept or what is sealed: `svara.privacy.vault` knows, and a process that
may not (sound, calls) is given the key of one file only. See docs/vault.md, "The form".
"""
