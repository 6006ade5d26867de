// Recording by microphone (`_recorder.html`): its code comes when somebody wants to record.
let loaded: typeof import("./recorder") | null = null;

export function startRecorders(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>("[data-recorder] [data-do]");
    const root = button?.closest<HTMLElement>("[data-recorder]");
    if (!button || !root) return;
    const act = () => loaded?.recorderOf(root).act(button.dataset.do ?? "");
    if (loaded) act();
    else
      void import("./recorder").then((module) => {
        loaded = module;
        act();
      });
  });
}
