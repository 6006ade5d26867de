// The panel's texts stand in the page, in its language: <template id="phone-words"> with one <span data-key> for each.
export function word(key: string, values: Record<string, string> = {}): string {
  const words = document.querySelector<HTMLTemplateElement>("template#phone-words");
  const text = words?.content.querySelector(`[data-key="${CSS.escape(key)}"]`)?.textContent ?? key;
  return text.replace(/\{(\w+)\}/g, (_whole, name: string) => values[name] ?? "");
}

/** A quality, or a cause of it, in words; "" where there is none. */
export function known(kind: string, key: string): string {
  return key ? word(`${kind}-${key}`) : "";
}
