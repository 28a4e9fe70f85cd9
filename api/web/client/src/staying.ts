/** Keeping the page awake while it sends, asking before it is closed too early, and leaving nothing when it is left. */

let lock: WakeLockSentinel | null = null;
let wanted = false;

/** Keeps the screen on, where the browser can. */
export function stayAwake(on: boolean): void {
  wanted = on;
  if (!on) {
    void lock?.release().catch(() => undefined);
    lock = null;
  } else if (!lock && document.visibilityState === "visible" && "wakeLock" in navigator) {
    navigator.wakeLock.request("screen").then(
      (got) => {
        lock = got;
        got.onrelease = () => {
          lock = null;
        };
        if (!wanted) stayAwake(false);
      },
      () => undefined, // the battery is low, or the page was hidden meanwhile
    );
  }
}

document.addEventListener("visibilitychange", () => {
  if (wanted) stayAwake(true);
});

let asks = false;

function question(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** Whether closing the page would lose something: then the browser asks once more. */
export function askBeforeClosing(on: boolean): void {
  if (on === asks) return;
  asks = on;
  if (on) addEventListener("beforeunload", question);
  else removeEventListener("beforeunload", question);
}

/** Calls `wipe` when the page is left, at once and without a question where somebody wants to leave now. */
export function whenLeft(wipe: () => void): void {
  const left = (): void => {
    askBeforeClosing(false);
    wipe();
  };
  document.addEventListener(
    "click",
    (event) => {
      if (event.target instanceof Element && event.target.closest(".leave")) left();
    },
    true,
  );
  addEventListener("pagehide", left);
  // Behind the back button a browser may have kept the page, which is empty now.
  addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}
