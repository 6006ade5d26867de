"""What a leg plays: the items of a `Playing` one after another, then its music, which goes on where it was left.

Pure: no clock and no I/O; one call of `next` is 20 ms.
"""

from __future__ import annotations

from svara.media.voice.codecs import FRAME_SECONDS, Codec
from svara.media.voice.library import Frames, Library
from svara.media.voice.port import Item, Playing, Silence

MAX_ITEMS = 200


class _Sequence:
    """Items in a row, and the place in them; it keeps its place while another sequence plays."""

    __slots__ = ("_frames", "_index", "_place", "_variant", "items", "loops")

    def __init__(self, items: tuple[Item, ...], *, loops: bool) -> None:
        self.items = items[:MAX_ITEMS]
        self.loops = loops
        self._index = 0
        self._place = 0
        self._frames: Frames | None = None
        self._variant: tuple[Codec, bool] | None = None

    @property
    def ended(self) -> bool:
        return self._index >= len(self.items)

    def next(self, library: Library, codec: Codec, *, raw: bool) -> bytes | None:
        """The next payload; None: silence for now, or the end."""
        for _ in range(len(self.items) + 1):
            if self.ended:
                return None
            item = self.items[self._index]
            if isinstance(item, Silence):
                if self._place < round(item.seconds / FRAME_SECONDS):
                    self._place += 1
                    return None
            else:
                frames = self._frames
                if frames is None or self._variant != (codec, raw):
                    frames = self._frames = library.get(item, codec, raw=raw)
                    self._variant = codec, raw
                payloads = frames.payloads
                if self._place < len(payloads):
                    self._place += 1
                    return payloads[self._place - 1]
                if not frames.complete:
                    return None
                if frames.repeats and payloads:
                    self._place = 1
                    return payloads[0]
            self._advance()
        return None

    def _advance(self) -> None:
        self._index += 1
        self._place = 0
        self._frames = None
        if self.ended and self.loops:
            self._index = 0


class Player:
    """What one leg plays. `finished` becomes the id of the `Playing` whose items came to their end, until it is taken."""

    __slots__ = ("_items", "_library", "_music", "_playing", "finished")

    def __init__(self, library: Library) -> None:
        self._library = library
        self._playing: Playing | None = None
        self._items: _Sequence | None = None
        self._music: _Sequence | None = None
        self.finished = ""

    def play(self, playing: Playing, codec: Codec, *, raw: bool) -> None:
        """Play this from now on."""
        items: tuple[Item, ...] = () if playing.loop else playing.items
        music = playing.items if playing.loop else playing.then
        self._playing = playing
        self.finished = ""
        self._items = _Sequence(items, loops=False)
        if self._music is None or self._music.items != music[:MAX_ITEMS]:
            # Without music of its own, this leaves that of the play before where it is: it may be resumed later.
            self._music = _Sequence(music, loops=True) if music else self._music
        for item in (*items, *music)[:MAX_ITEMS]:
            if not isinstance(item, Silence):
                self._library.get(item, codec, raw=raw)  # made while what comes before it is played

    def stop(self) -> None:
        self._playing = None
        self._items = None

    def pressed(self) -> None:
        """A key was pressed: what can be interrupted by one ends; music that follows it begins."""
        playing = self._playing
        if playing is None or not playing.interruptible:
            return
        if playing.loop:
            self.stop()
        else:
            self._items = None

    def next(self, codec: Codec, *, raw: bool) -> bytes | None:
        """The payload of the next 20 ms (samples when `raw`); None for silence."""
        playing = self._playing
        if playing is None:
            return None
        if self._items is not None:
            payload = self._items.next(self._library, codec, raw=raw)
            if payload is not None or not self._items.ended:
                return payload
            self._items = None
            if not playing.loop:
                self.finished = playing.id
        if self._music is not None and (playing.loop or playing.then):
            return self._music.next(self._library, codec, raw=raw)
        return None
