import { signal, type Signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { messageOf } from "./dialogs.tsx";

// A page that is loaded when first shown. preact/compat has one too, for four more kilobytes.
export interface Lazy {
  loaded: Signal<ComponentType | null>;
  error: Signal<string>;
  load: () => void;
}

export function lazy(get: () => Promise<ComponentType>): Lazy {
  const loaded = signal<ComponentType | null>(null);
  const error = signal("");
  let isLoading = false;
  const load = () => {
    if (isLoading || loaded.peek()) return;
    isLoading = true;
    error.value = "";
    get().then(
      (component) => {
        loaded.value = component;
      },
      (failure: unknown) => {
        isLoading = false;
        error.value = messageOf(failure);
      },
    );
  };
  return { loaded, error, load };
}

export function Suspense({ of }: { of: Lazy }) {
  useEffect(of.load, [of]);
  const Loaded = of.loaded.value;
  if (Loaded) return <Loaded />;
  return (
    <main class="page">
      {of.error.value && (
        <div class="empty">
          <p>This page did not load: {of.error.value}</p>
          <button class="button" onClick={of.load}>Try again</button>
        </div>
      )}
    </main>
  );
}
