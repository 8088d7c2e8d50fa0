import { useEffect, useRef, useState } from "preact/hooks";
import { incidents } from "../live/incidents.ts";
import { messageOf } from "./dialogs.tsx";
import { Icon } from "./icons.tsx";

const kAgainMs = 10_000;
const kSettleMs = 800;

// An answer of the API that is asked for again while somebody looks, and soon after an incident changed.
export interface Polled<T> { value: T | null; error: string; reload: () => void }

export function usePolled<T>(get: (signal: AbortSignal) => Promise<T>): Polled<T> {
  const [state, setState] = useState<{ value: T | null; error: string }>({ value: null, error: "" });
  const [round, setRound] = useState(0);
  const reload = () => setRound((before) => before + 1);
  const changes = incidents.value;
  const isFirst = useRef(true);
  useEffect(() => {
    const abort = new AbortController();
    get(abort.signal).then(
      (value) => setState({ value, error: "" }),
      (failure: unknown) => abort.signal.aborted || setState((before) => ({ ...before, error: messageOf(failure) })),
    );
    const timer = setInterval(() => document.hidden || reload(), kAgainMs);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [round]);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    const soon = setTimeout(reload, kSettleMs);
    return () => clearTimeout(soon);
  }, [changes]);
  return { ...state, reload };
}

export function ReadError({ what, isKnown, error, onAgain }: { what: string; isKnown: boolean; error: string; onAgain: () => void }) {
  if (!error) return null;
  return <div class="note s-error" role="alert"><Icon name="error" /><span>{what} could not be read{isKnown ? "; what is shown is not current" : ""}: {error} <button class="button small" onClick={onAgain}>Try again</button></span></div>;
}
