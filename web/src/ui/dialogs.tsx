import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { api, ApiError } from "../api/client.ts";
import { Icon } from "./icons.tsx";
import { useKeys } from "./keys.ts";

// Toasts: what an action brought, in words, for a while.
interface Toast { id: number; tone: string; text: string }
const kToastsMax = 4;
export const toasts = signal<Toast[]>([]);
let toastId = 0;

export function toast(text: string, tone: "ok" | "error" | "info" = "ok"): void {
  toastId += 1;
  const id = toastId;
  toasts.value = [...toasts.value, { id, tone, text }].slice(-kToastsMax);
  setTimeout(() => {
    toasts.value = toasts.value.filter((each) => each.id !== id);
  }, tone === "error" ? 12_000 : 5000);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((each) => (
        <div key={each.id} class={`toast s-${each.tone}`}>
          <Icon name={each.tone} />
          <div>{each.text}</div>
        </div>
      ))}
    </div>
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// A modal <dialog> that is open as long as it is mounted.
export function Modal({ children, onClose, className = "", label }: { children: ComponentChildren; onClose: () => void; className?: string; label: string }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
  }, []);
  return (
    <dialog
      ref={ref}
      class={className}
      aria-label={label}
      // Until the next frame the focus stays in what Escape has closed: the next key would still be its.
      onCancel={() => (document.activeElement as HTMLElement | null)?.blur()}
      onClose={onClose}
      onClick={(event) => event.target === ref.current && ref.current?.close()}
    >
      {children}
    </dialog>
  );
}

// What is asked of a person before something is stopped or put away. One at a time. Without a placeholder nothing is to be written.
export interface Ask {
  title: string;
  body: ComponentChildren;
  action: string;
  isDangerous: boolean;
  placeholder: string;
  label?: string;               // of what is written; "Reason" when not said
  isLong?: boolean;             // more than a line
  choice?: { label: string; options: readonly (readonly [string, string])[] };
  run: (reason: string, choice: string) => Promise<string>;
}
const asking = signal<Ask | null>(null);

export function askFor(ask: Ask): void {
  asking.value = ask;
}

export function askAbort(session: string): void {
  asking.value = {
    title: "Abort this session?",
    body: `Nightshift asks the source of ${session} to stop it. What the agent has done so far stays done.`,
    action: "Abort session", isDangerous: true, placeholder: "Why, for the record",
    run: async (reason) => (await api.abort(session, reason)).outcome || "The session was asked to stop",
  };
}

export function askDismiss(attention: string, title: string): void {
  asking.value = {
    title: "Dismiss this?", body: title, action: "Dismiss", isDangerous: false, placeholder: "Why it needs no attention",
    run: async (reason) => {
      await api.dismiss(attention, reason);
      return "Dismissed";
    },
  };
}

export function askRevoke(id: string, name: string, done: () => void): void {
  asking.value = {
    title: "Revoke this token?", body: `Whoever uses "${name}" is locked out at once.`, action: "Revoke", isDangerous: true, placeholder: "",
    run: async () => {
      await api.revokeToken(id);
      done();
      return `Revoked "${name}"`;
    },
  };
}

export function AskDialog() {
  const ask = asking.value;
  return ask ? <AskForm key={ask.title} ask={ask} /> : null;
}

function AskForm({ ask }: { ask: Ask }) {
  const [reason, setReason] = useState("");
  const [choice, setChoice] = useState(ask.choice?.options[0]?.[0] ?? "");
  const [error, setError] = useState("");
  const [isBusy, setBusy] = useState(false);
  const close = () => {
    asking.value = null;
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      toast(await ask.run(reason.trim(), choice));
      close();
    } catch (failure) {
      setError(failure instanceof ApiError && failure.status === 403 ? "Your token may not do this: it needs the scope write." : messageOf(failure));
      setBusy(false);
    }
  };
  return (
    <Modal label={ask.title} onClose={close}>
      <form onSubmit={submit}>
        <h2>{ask.title}</h2>
        <div class="muted">{ask.body}</div>
        {ask.placeholder && (
          <label>
            {ask.label ?? "Reason"}
            {ask.isLong
              ? <textarea class="input" autofocus required rows={4} maxLength={2000} value={reason} placeholder={ask.placeholder} onInput={(e) => setReason(e.currentTarget.value)} />
              : <input class="input" autofocus required maxLength={500} value={reason} placeholder={ask.placeholder} onInput={(e) => setReason(e.currentTarget.value)} />}
          </label>
        )}
        {ask.choice && (
          <label>
            {ask.choice.label}
            <select class="input" value={choice} onChange={(e) => setChoice(e.currentTarget.value)}>
              {ask.choice.options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
            </select>
          </label>
        )}
        {error && <div class="note s-error" role="alert"><Icon name="error" />{error}</div>}
        <div class="actions">
          <button type="button" class="button" onClick={close}>Cancel</button>
          <button class={`button ${ask.isDangerous ? "danger" : "primary"}`} disabled={isBusy}>{ask.action}</button>
        </div>
      </form>
    </Modal>
  );
}

// A panel at the right edge that leaves the page usable. Escape closes it.
export function Drawer({ title, onClose, children }: { title: ComponentChildren; onClose: () => void; children: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement as HTMLElement | null;
    dialog?.show();
    return () => before?.focus?.({ preventScroll: true });
  }, []);
  useKeys({ Escape: onClose });
  return (
    <dialog ref={ref} class="drawer" onClose={onClose} aria-label="Details">
      <header>
        {title}
        <button class="button plain icon push" aria-label="Close" title="Close (Esc)" onClick={onClose}><Icon name="close" /></button>
      </header>
      <div class="scroll">{children}</div>
    </dialog>
  );
}

export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser did not allow copying; select the text instead", "error");
  }
}
