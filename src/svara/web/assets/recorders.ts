// Recording by microphone (`_recorder.html`): its code comes when somebody wants to record.
export function startRecorders(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>("[data-recorder] [data-do]");
    const root = button?.closest<HTMLElement>("[data-recorder]");
    if (button && root) void import("./recorder").then(({ recorderOf }) => recorderOf(root).act(button.dataset.do ?? ""));
  });
}
