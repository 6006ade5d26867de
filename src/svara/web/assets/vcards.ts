// A file of vCards in portions of whole cards, without what is never sent: pictures, logos, sounds and keys. Bytes stay bytes:
// in which letters they are written the server finds out.
const LEAST_BYTES = 192 * 1024; // a portion ends with the card in which it has reached this
const NEVER = new Set(["PHOTO", "LOGO", "SOUND", "KEY"]);
const LINE_FEED = 10, RETURN = 13, SPACE = 32, TAB = 9, COLON = 58;
const MOST_OF_A_LINE = 64 * 1024;

export interface Portion {
  readonly parts: Uint8Array<ArrayBuffer>[];
  readonly cards: number;
  readonly end: number; // up to where the file is read
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, Math.min(to, from + 64))).toUpperCase();
}

/** What is written in two bytes a letter, in UTF-8. */
function plain(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const [first, second] = bytes;
  const wide = (first === 0xff && second === 0xfe) || second === 0 ? "utf-16le" : (first === 0xfe && second === 0xff) || first === 0 ? "utf-16be" : "";
  return wide ? new TextEncoder().encode(new TextDecoder(wide).decode(bytes)) : bytes;
}

export function* portions(file: Uint8Array<ArrayBuffer>): Generator<Portion> {
  const bytes = plain(file);
  const scale = file.length / Math.max(1, bytes.length);
  let [parts, size, cards] = [[] as Uint8Array<ArrayBuffer>[], 0, 0];
  let [skipping, inside, agent] = [false, false, false];
  for (let start = 0; start < bytes.length; ) {
    let end = start;
    while (end < bytes.length && bytes[end] !== LINE_FEED && bytes[end] !== RETURN) end++;
    while (end < bytes.length && (bytes[end] === LINE_FEED || bytes[end] === RETURN)) end++;
    const line = bytes.subarray(start, end);
    const head = ascii(bytes, start, end).trim();
    const continued = line[0] === SPACE || line[0] === TAB || !line.includes(COLON);
    start = end;
    if (head === "BEGIN:VCARD") {
      if (size >= LEAST_BYTES && !agent) {
        yield { parts, cards, end: (start - line.length) * scale };
        [parts, size, cards] = [[], 0, 0];
      }
      if (!agent) cards++;
      [skipping, inside] = [false, true];
    } else if (!(skipping && continued)) {
      const name = /^(?:[A-Z0-9-]+\.)?([A-Z0-9-]+)[;:]/.exec(head)?.[1] ?? "";
      skipping = !continued && NEVER.has(name);
    }
    agent = head === "AGENT:";
    if (skipping || !inside || line.length > MOST_OF_A_LINE) continue;
    parts.push(line);
    size += line.length;
  }
  if (cards) yield { parts, cards, end: file.length };
}
