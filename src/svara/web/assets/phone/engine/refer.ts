/** A call is sent on by REFER, and the server tells what became of it (RFC 3515). */
import { type Session, SessionState, type URI } from "sip.js";
import { reasonOf } from "./talk";

const TRANSFER_MS = 40_000;

/** Rejects with an error whose message is a reason that the page has words for. */
export function refer(session: Session, to: URI | Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no-answer")), TRANSFER_MS);
    const end = (status: number) => {
      clearTimeout(timer);
      if (status < 300) resolve();
      else reject(new Error(reasonOf(status, true) || "failed"));
    };
    session.stateChange.addListener((state) => state === SessionState.Terminated && end(200));
    session
      .refer(to, {
        requestDelegate: { onReject: (response) => end(response.message.statusCode ?? 500) },
        onNotify: (notification) => {
          void notification.accept();
          const status = Number(/^SIP\/2\.0 (\d{3})/.exec(notification.request.body)?.[1] ?? 0);
          if (status >= 200) end(status);
        },
      })
      .catch(() => end(500));
  });
}
